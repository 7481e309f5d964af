<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_GB">
<context>
    <name></name>
    <message>
        <source>Something went wrong</source>
        <translation>Etwas ist schiefgegangen</translation>
    </message>
    <message>
        <source>Lesionloop made a mistake and could not finish the last action. Everything that was finished before is saved; you can go on working.</source>
        <translation>Lesionloop hat einen Fehler gemacht und konnte die letzte Aktion nicht beenden. Alles, was vorher fertig war, ist gespeichert; Sie können weiterarbeiten.</translation>
    </message>
    <message>
        <source>If it happens again, please send the details. They are also in {log_path}.</source>
        <translation>Wenn es wieder geschieht, senden Sie bitte die Einzelheiten ein. Sie stehen auch in {log_path}.</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Make the demo</source>
        <translation>Demo anlegen</translation>
    </message>
    <message>
        <source>Folder of the demo</source>
        <translation>Ordner der Demo</translation>
    </message>
    <message>
        <source>a new or empty folder</source>
        <translation>ein neuer oder leerer Ordner</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>{folder} holds other files. Choose a new or empty folder.</source>
        <translation>{folder} enthält andere Dateien. Wählen Sie einen neuen oder leeren Ordner.</translation>
    </message>
    <message>
        <source>Drawing synthetic mammograms ...</source>
        <translation>Synthetische Mammogramme werden gezeichnet ...</translation>
    </message>
    <message>
        <source>Drawing synthetic mammogram {done} of {total}</source>
        <translation>Synthetisches Mammogramm {done} von {total} wird gezeichnet</translation>
    </message>
    <message>
        <source>The demo is synthetic: computed pictures with the parts of a mammogram, not anyone&apos;s. No number seen on it says anything about real breasts. It takes about a second an image.</source>
        <translation>Die Demo ist synthetisch: berechnete Bilder mit den Teilen eines Mammogramms, von keinem Menschen. Keine Zahl daraus sagt etwas über wirkliche Mammae. Es dauert etwa eine Sekunde je Bild.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>The demo was not finished.</source>
        <translation>Die Demo wurde nicht fertiggestellt.</translation>
    </message>
    <message>
        <source>The demo cannot be made: {value}.</source>
        <translation>Die Demo kann nicht angelegt werden: {value}.</translation>
    </message>
    <message>
        <source>Loading {image_name} ...</source>
        <translation>{image_name} wird geladen ...</translation>
    </message>
    <message>
        <source>{image_name} has one frame.</source>
        <translation>{image_name} hat nur ein Einzelbild.</translation>
    </message>
    <message>
        <source>This is the last frame.</source>
        <translation>Das ist das letzte Einzelbild.</translation>
    </message>
    <message>
        <source>This is the first frame.</source>
        <translation>Das ist das erste Einzelbild.</translation>
    </message>
    <message>
        <source>The reading time of the last image was not kept. {error}</source>
        <translation>Die Lesezeit des letzten Bildes wurde nicht festgehalten. {error}</translation>
    </message>
    <message>
        <source>Nothing is drawn on {image_name}. Choose &apos;Nothing to draw&apos; or &apos;Skip&apos;, or go on to the next image without a decision.</source>
        <translation>Auf {image_name} ist nichts eingezeichnet. Wählen Sie „Nichts Malignes“ oder „Auslassen“, oder gehen Sie ohne Entscheidung zum nächsten Bild.</translation>
    </message>
    <message>
        <source>The model is hidden in this sitting until you have decided about the image.</source>
        <translation>Das Modell ist in dieser Sitzung verborgen, bis Sie über das Bild entschieden haben.</translation>
    </message>
    <message>
        <source>Point at a box of the model first, or go to the next mark.</source>
        <translation>Zeigen Sie zuerst auf eine Box des Modells, oder gehen Sie zur nächsten Markierung.</translation>
    </message>
    <message>
        <source>The selected contour touches no other of its class: there is nothing to join it with.</source>
        <translation>Die gewählte Kontur berührt keine andere ihrer Klasse: Es gibt nichts, womit sie verbunden werden kann.</translation>
    </message>
    <message>
        <source>{after} of {before} points are left.</source>
        <translation>{after} von {before} Punkten sind geblieben.</translation>
    </message>
    <message>
        <source>The contour has {before} points, and none can be left out.</source>
        <translation>Die Kontur hat {before} Punkte, und keiner ist entbehrlich.</translation>
    </message>
    <message>
        <source>Select a contour first.</source>
        <translation>Wählen Sie zuerst eine Kontur.</translation>
    </message>
    <message>
        <source>This contour is {owner}&apos;s and stays as it is. In the review, draw your own: it settles the image.</source>
        <translation>Diese Kontur gehört {owner} und bleibt, wie sie ist. Zeichnen Sie in der Durchsicht Ihre eigene: Sie entscheidet über das Bild.</translation>
    </message>
    <message>
        <source>The unfinished contour is in this window only. {error}</source>
        <translation>Die unfertige Kontur ist nur in diesem Fenster. {error}</translation>
    </message>
    <message>
        <source>Import images...</source>
        <translation>Bilder importieren ...</translation>
    </message>
    <message>
        <source>Open project...</source>
        <translation>Projekt öffnen ...</translation>
    </message>
    <message>
        <source>Make synthetic mammograms and go through the whole loop with them</source>
        <translation>Synthetische Mammogramme anlegen und damit die ganze Schleife durchlaufen</translation>
    </message>
    <message>
        <source>No project is open</source>
        <translation>Kein Projekt ist geöffnet</translation>
    </message>
    <message>
        <source>A project is a folder that keeps labels, contours and models; your images stay where they are. Import mammograms (DICOM, PNG, TIFF, PGM) with a table of labels, open a project that you have, or make the demo: synthetic mammograms to try everything on.</source>
        <translation>Ein Projekt ist ein Ordner, der Labels, Konturen und Modelle aufbewahrt; Ihre Bilder bleiben, wo sie sind. Importieren Sie Mammogramme (DICOM, PNG, TIFF, PGM) mit einer Tabelle der Labels, öffnen Sie ein vorhandenes Projekt, oder legen Sie die Demo an: synthetische Mammogramme, um alles auszuprobieren.</translation>
    </message>
    <message>
        <source>This project holds no images yet</source>
        <translation>Dieses Projekt enthält noch keine Bilder</translation>
    </message>
    <message>
        <source>Import a folder of mammograms (DICOM, PNG, TIFF, PGM) together with a table of labels: a CSV file with the columns file and patient, and if you have them laterality, view, label, birads and spacing_mm.</source>
        <translation>Importieren Sie einen Ordner mit Mammogrammen (DICOM, PNG, TIFF, PGM) zusammen mit einer Tabelle der Labels: einer CSV-Datei mit den Spalten file und patient und, wo vorhanden, laterality, view, label, birads und spacing_mm.</translation>
    </message>
    <message>
        <source>Export annotations</source>
        <translation>Annotationen exportieren</translation>
    </message>
    <message>
        <source>Reader</source>
        <translation>Befunder</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>Label</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Teilmenge</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Entscheidung</translation>
    </message>
    <message>
        <source>With images on which there is nothing to draw</source>
        <translation>Mit Bildern, auf denen nichts einzuzeichnen ist</translation>
    </message>
    <message>
        <source>With images on which nothing is drawn yet</source>
        <translation>Mit Bildern, auf denen noch nichts eingezeichnet ist</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Folder to export to</source>
        <translation>Zielordner des Exports</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>{count} with {count2}</source>
        <translation>{count}, {count2}</translation>
    </message>
    <message>
        <source>, {empty_count} without any</source>
        <translation>, {empty_count} ohne Befund</translation>
    </message>
    <message>
        <source>; {count} cannot be used</source>
        <translation>; nicht verwendbar: {count}</translation>
    </message>
    <message>
        <source>Findings drawn by</source>
        <translation>Befunde gezeichnet von</translation>
    </message>
    <message>
        <source>Class of findings</source>
        <translation>Klasse der Befunde</translation>
    </message>
    <message>
        <source>Type of findings</source>
        <translation>Typ der Befunde</translation>
    </message>
    <message>
        <source>Label of images</source>
        <translation>Label der Bilder</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>Ausgewählt</translation>
    </message>
    <message>
        <source>only the {count} selected in the plane</source>
        <translation>nur die Auswahl in der Ebene: {count}</translation>
    </message>
    <message>
        <source>Images are named by their pseudonymous keys, never by file name or patient. The images themselves are not copied.</source>
        <translation>Bilder werden mit ihrem pseudonymen Schlüssel benannt, nie mit Dateiname oder Patient. Die Bilder selbst werden nicht kopiert.</translation>
    </message>
    <message>
        <source>Written to {folder}: {count}, {count2}, {verified_empty} without any.</source>
        <translation>Nach {folder} geschrieben: {count}, {count2}, davon {verified_empty} ohne Befund.</translation>
    </message>
    <message>
        <source>Note on this finding</source>
        <translation>Notiz zu diesem Befund</translation>
    </message>
    <message>
        <source>Write no names: notes are exported when asked for</source>
        <translation>Keine Namen eintragen: Notizen werden auf Wunsch mit exportiert</translation>
    </message>
    <message>
        <source>Same lesion as</source>
        <translation>Selbe Läsion wie</translation>
    </message>
    <message>
        <source>Link this finding with the same lesion in another view of this patient</source>
        <translation>Diesen Befund mit derselben Läsion in einer anderen Aufnahme dieser Patientin verknüpfen</translation>
    </message>
    <message>
        <source>Unlink</source>
        <translation>Verknüpfung lösen</translation>
    </message>
    <message>
        <source>{reader}, version {version}</source>
        <translation>{reader}, Version {version}</translation>
    </message>
    <message>
        <source>Imported with the data set</source>
        <translation>Mit dem Datensatz importiert</translation>
    </message>
    <message>
        <source>Adjudicated by {who}</source>
        <translation>Schiedsentscheid von {who}</translation>
    </message>
    <message>
        <source>Drawn by {who}</source>
        <translation>Gezeichnet von {who}</translation>
    </message>
    <message>
        <source>a box of model {number}, as it is</source>
        <translation>eine Box von Modell {number}, unverändert</translation>
    </message>
    <message>
        <source>from a box of model {number}, IoM {iom}</source>
        <translation>aus einer Box von Modell {number}, IoM {iom}</translation>
    </message>
    <message>
        <source>Same lesion: {names}</source>
        <translation>Selbe Läsion: {names}</translation>
    </message>
    <message>
        <source>Nothing to draw</source>
        <translation>Nichts Malignes</translation>
    </message>
    <message>
        <source>You looked, and there is nothing malignant to draw</source>
        <translation>Sie haben befundet, und nichts Malignes ist einzuzeichnen</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Auslassen</translation>
    </message>
    <message>
        <source>Leave this image undecided; it is not listed again</source>
        <translation>Dieses Bild unentschieden lassen; es wird nicht wieder gelistet</translation>
    </message>
    <message>
        <source>Unusable</source>
        <translation>Unbrauchbar</translation>
    </message>
    <message>
        <source>This image cannot be read and is not to be learned from; say why</source>
        <translation>Dieses Bild ist nicht befundbar, und aus ihm soll nicht gelernt werden; geben Sie den Grund an</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>Why?</source>
        <translation>Warum?</translation>
    </message>
    <message>
        <source>BI-RADS of this image</source>
        <translation>BI-RADS dieses Bildes</translation>
    </message>
    <message>
        <source>BI-RADS category of this image</source>
        <translation>BI-RADS-Kategorie dieses Bildes</translation>
    </message>
    <message>
        <source>What the readers say of this image</source>
        <translation>Was die Befunder zu diesem Bild sagen</translation>
    </message>
    <message>
        <source>Done, next</source>
        <translation>Fertig, nächstes</translation>
    </message>
    <message>
        <source>Keep this image as annotated and open the next one</source>
        <translation>Dieses Bild als annotiert festhalten und das nächste öffnen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete the selected finding; it can be undone</source>
        <translation>Den ausgewählten Befund löschen; das kann rückgängig gemacht werden</translation>
    </message>
    <message>
        <source>No image is open</source>
        <translation>Kein Bild ist geöffnet</translation>
    </message>
    <message>
        <source>&lt;b&gt;{image_name}&lt;/b&gt; &amp;middot; label: {label} &amp;middot; {split} set</source>
        <translation>&lt;b&gt;{image_name}&lt;/b&gt; &amp;middot; Label: {label} &amp;middot; Teilmenge: {split}</translation>
    </message>
    <message>
        <source>calibrated</source>
        <translation>kalibriert</translation>
    </message>
    <message>
        <source>not calibrated</source>
        <translation>nicht kalibriert</translation>
    </message>
    <message>
        <source>No contours.</source>
        <translation>Keine Konturen.</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Findings of this image</source>
        <translation>Befunde dieses Bildes</translation>
    </message>
    <message>
        <source>{images}, {hung} hung</source>
        <translation>{images}, {hung} hängen</translation>
    </message>
    <message>
        <source>{words}, {unplaced} without side or view</source>
        <translation>{words}, {unplaced} ohne Seite oder Projektion</translation>
    </message>
    <message>
        <source>There is no earlier study of this patient with a known date.</source>
        <translation>Es gibt keine frühere Untersuchung dieser Patientin mit bekanntem Datum.</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source> or </source>
        <translation> oder </translation>
    </message>
    <message>
        <source>Mouse and drawing</source>
        <translation>Maus und Zeichnen</translation>
    </message>
    <message>
        <source>  {view_name} (from the table of labels)</source>
        <translation>  {view_name} (aus der Tabelle der Labels)</translation>
    </message>
    <message>
        <source>  EARLIER STUDY</source>
        <translation>  VORUNTERSUCHUNG</translation>
    </message>
    <message>
        <source>{place}, earlier</source>
        <translation>{place}, früher</translation>
    </message>
    <message>
        <source>{path} is not the file that was imported. Put that one back, or import it where it is now.</source>
        <translation>{path} ist nicht die Datei, die importiert wurde. Legen Sie jene zurück, oder importieren Sie diese dort, wo sie jetzt liegt.</translation>
    </message>
    <message>
        <source>Import images</source>
        <translation>Bilder importieren</translation>
    </message>
    <message>
        <source>Folder of images</source>
        <translation>Bilderordner</translation>
    </message>
    <message>
        <source>DICOM, PNG, TIFF or PGM files, subfolders included</source>
        <translation>DICOM-, PNG-, TIFF- oder PGM-Dateien, auch in Unterordnern</translation>
    </message>
    <message>
        <source>Table of labels</source>
        <translation>Tabelle der Labels</translation>
    </message>
    <message>
        <source>Tables (*.csv *.tsv *.txt)</source>
        <translation>Tabellen (*.csv *.tsv *.txt)</translation>
    </message>
    <message>
        <source>CSV with the columns file and patient</source>
        <translation>CSV mit den Spalten file und patient</translation>
    </message>
    <message>
        <source>Contours</source>
        <translation>Konturen</translation>
    </message>
    <message>
        <source>COCO file of known contours; may stay empty</source>
        <translation>COCO-Datei bekannter Konturen; darf leer bleiben</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Reading {to_inspect} files ...</source>
        <translation>{to_inspect} Dateien werden gelesen ...</translation>
    </message>
    <message>
        <source>, {duration} left</source>
        <translation>, noch {duration}</translation>
    </message>
    <message>
        <source>Reading file {done} of {total}{left}</source>
        <translation>Datei {done} von {total} wird gelesen{left}</translation>
    </message>
    <message>
        <source>The import was cancelled. Nothing was imported.</source>
        <translation>Der Import wurde abgebrochen. Nichts wurde importiert.</translation>
    </message>
    <message>
        <source>{last} Nothing was imported.</source>
        <translation>{last} Nichts wurde importiert.</translation>
    </message>
    <message>
        <source>The import ended unexpectedly. Nothing was imported. Last lines:
{tail}</source>
        <translation>Der Import endete unerwartet. Nichts wurde importiert. Letzte Zeilen:
{tail}</translation>
    </message>
    <message>
        <source>Storing ...</source>
        <translation>Wird gespeichert ...</translation>
    </message>
    <message>
        <source>{count} added</source>
        <translation>hinzugefügt: {count}</translation>
    </message>
    <message>
        <source>{already_there} already there</source>
        <translation>{already_there} schon vorhanden</translation>
    </message>
    <message>
        <source>{count} changed</source>
        <translation>geändert: {count}</translation>
    </message>
    <message>
        <source>{not_inspected} not read yet: import again to go on</source>
        <translation>{not_inspected} noch nicht gelesen: erneut importieren, um fortzufahren</translation>
    </message>
    <message>
        <source>{failed} failed</source>
        <translation>{failed} fehlgeschlagen</translation>
    </message>
    <message>
        <source>none failed</source>
        <translation>keine fehlgeschlagen</translation>
    </message>
    <message>
        <source>Cancelling ...</source>
        <translation>Wird abgebrochen ...</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>Labels</translation>
    </message>
    <message>
        <source>Images stay where they are. The table has one row a file; its columns are file, patient and, where known, laterality, view, label (N, B, M, MB), birads, spacing_mm. Without a table, nothing is labelled.</source>
        <translation>Die Bilder bleiben, wo sie sind. Die Tabelle hat eine Zeile je Datei; ihre Spalten sind file, patient und, wo bekannt, laterality, view, label (N, B, M, MB), birads, spacing_mm. Ohne Tabelle erhält kein Bild ein Label.</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Why it failed</source>
        <translation>Grund des Fehlschlags</translation>
    </message>
    <message>
        <source>Files that failed</source>
        <translation>Fehlgeschlagene Dateien</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Press the new key here; Backspace takes it away</source>
        <translation>Drücken Sie hier die neue Taste; Rücktaste nimmt sie weg</translation>
    </message>
    <message>
        <source>Find an action or a key</source>
        <translation>Aktion oder Taste suchen</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Taste</translation>
    </message>
    <message>
        <source>Second key</source>
        <translation>Zweite Taste</translation>
    </message>
    <message>
        <source>Use it here instead</source>
        <translation>Stattdessen hier verwenden</translation>
    </message>
    <message>
        <source>Usual keys for this action</source>
        <translation>Übliche Tasten dieser Aktion</translation>
    </message>
    <message>
        <source>Usual keys for all</source>
        <translation>Übliche Tasten für alle</translation>
    </message>
    <message>
        <source>{key} is the key of &apos;{action}&apos;. Press another, or use it here instead.</source>
        <translation>{key} ist die Taste von „{action}“. Drücken Sie eine andere, oder verwenden Sie sie stattdessen hier.</translation>
    </message>
    <message>
        <source>{key} cannot be given away: the image and the lists need it. Press another.</source>
        <translation>{key} kann nicht vergeben werden: Das Bild und die Listen brauchen sie. Drücken Sie eine andere.</translation>
    </message>
    <message>
        <source>&amp;Key</source>
        <translation>&amp;Taste</translation>
    </message>
    <message>
        <source>&amp;Second key</source>
        <translation>&amp;Zweite Taste</translation>
    </message>
    <message>
        <source>Actions and their keys</source>
        <translation>Aktionen und ihre Tasten</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Aktion</translation>
    </message>
    <message>
        <source>Regions: {counts} M, {counts2} ignored, {counts3} BN</source>
        <translation>Regionen: {counts} M, {counts2} ignoriert, {counts3} BN</translation>
    </message>
    <message>
        <source>{text}. This contour meets no region: is it on the breast?</source>
        <translation>{text}. Diese Kontur trifft keine Region: Liegt sie auf der Mamma?</translation>
    </message>
    <message>
        <source>{text}. This contour makes no region malignant</source>
        <translation>{text}. Diese Kontur macht keine Region maligne</translation>
    </message>
    <message>
        <source>x {x:.0f}  y {y:.0f}  value {value:.0f}</source>
        <translation>x {x:.0f}  y {y:.0f}  Wert {value:.0f}</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Probability plane</source>
        <translation>Wahrscheinlichkeitsebene</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Overlays</source>
        <translation>Überlagerungen</translation>
    </message>
    <message>
        <source>Research use only. Not for diagnosis.</source>
        <translation>Nur für die Forschung. Nicht zur Diagnose.</translation>
    </message>
    <message>
        <source>Class of new contours</source>
        <translation>Klasse neuer Konturen</translation>
    </message>
    <message>
        <source>Class of the contours you draw</source>
        <translation>Klasse der Konturen, die Sie zeichnen</translation>
    </message>
    <message>
        <source>What the heatmap shows</source>
        <translation>Was die Heatmap zeigt</translation>
    </message>
    <message>
        <source>What the heatmap shows: the score d of Eq. 13, or one of its parts</source>
        <translation>Was die Heatmap zeigt: den Score d aus Gl. 13 oder einen seiner Teile</translation>
    </message>
    <message>
        <source>Opacity of the heatmap</source>
        <translation>Deckkraft der Heatmap</translation>
    </message>
    <message>
        <source>Boxes of the model on this image</source>
        <translation>Boxen des Modells auf diesem Bild</translation>
    </message>
    <message>
        <source>What the model marks</source>
        <translation>Was das Modell markiert</translation>
    </message>
    <message>
        <source>The model is shown on request.</source>
        <translation>Das Modell wird auf Wunsch gezeigt.</translation>
    </message>
    <message>
        <source>The model is hidden until you have decided about this image.</source>
        <translation>Das Modell ist verborgen, bis Sie über dieses Bild entschieden haben.</translation>
    </message>
    <message>
        <source>No model yet: nothing is scored.</source>
        <translation>Noch kein Modell: nichts ist bewertet.</translation>
    </message>
    <message>
        <source>Model {number}, {date}: not scored.</source>
        <translation>Modell {number}, {date}: nicht bewertet.</translation>
    </message>
    <message>
        <source>Model {number}, {date}</source>
        <translation>Modell {number}, {date}</translation>
    </message>
    <message>
        <source>{model}: every region is below the threshold of {least}.</source>
        <translation>{model}: Jede Region liegt unter der Schwelle von {least}.</translation>
    </message>
    <message>
        <source>Show what model {number} marks</source>
        <translation>Zeigen, was Modell {number} markiert</translation>
    </message>
    <message>
        <source>d = p_cls x p_det (Eq. 13). Press to look at it.</source>
        <translation>d = p_cls x p_det (Gl. 13). Drücken, um hinzusehen.</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Keep model {current}</source>
        <translation>Modell {current} behalten</translation>
    </message>
    <message>
        <source> again</source>
        <translation> wieder</translation>
    </message>
    <message>
        <source>Model {model_id} is in use{again}. The worklist is ranked by it.</source>
        <translation>Modell {model_id} ist{again} in Gebrauch. Die Arbeitsliste ist danach geordnet.</translation>
    </message>
    <message>
        <source>Model {candidate} was not taken. It stays in the list of models.</source>
        <translation>Modell {candidate} wurde nicht übernommen. Es bleibt in der Liste der Modelle.</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Recipe of the selected model</source>
        <translation>Rezept des ausgewählten Modells</translation>
    </message>
    <message>
        <source>A new model may be less than this much worse</source>
        <translation>Um weniger als so viel darf ein neues Modell schlechter sein</translation>
    </message>
    <message>
        <source>How sure that must be: level of the one-sided test</source>
        <translation>Wie sicher das sein muss: Niveau des einseitigen Tests</translation>
    </message>
    <message>
        <source>use such a model without asking</source>
        <translation>solche Modelle ohne Rückfrage verwenden</translation>
    </message>
    <message>
        <source>A new model is not worse if it is shown to lose less than</source>
        <translation>Ein neues Modell ist nicht schlechter, wenn es nachweislich weniger verliert als</translation>
    </message>
    <message>
        <source>Go back to model {former}</source>
        <translation>Zurück zu Modell {former}</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Use model {model}</source>
        <translation>Modell {model} verwenden</translation>
    </message>
    <message>
        <source>There is no model yet: press Retrain.</source>
        <translation>Es gibt noch kein Modell: Drücken Sie Neu trainieren.</translation>
    </message>
    <message>
        <source> To be used, it must score the images anew.</source>
        <translation> Vor dem Gebrauch muss es die Bilder neu bewerten.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Model {model}.&lt;/b&gt; {verdict_text}{scores_first}&lt;br&gt;{data}</source>
        <translation>&lt;b&gt;Modell {model}.&lt;/b&gt; {verdict_text}{scores_first}&lt;br&gt;{data}</translation>
    </message>
    <message>
        <source>Recipe: {flowing}</source>
        <translation>Rezept: {flowing}</translation>
    </message>
    <message>
        <source>at level</source>
        <translation>zum Niveau</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>What it learnt from was not recorded: it was made by an older Lesionloop.</source>
        <translation>Woraus es gelernt hat, wurde nicht festgehalten: Eine ältere Fassung von Lesionloop hat es trainiert.</translation>
    </message>
    <message>
        <source>Learnt from {train_images} training images, chosen on {validation_images} validation images, with {test_images} test images apart. Data {snapshot}, split {split_hash}.</source>
        <translation>Gelernt aus {train_images} Trainingsbildern, gewählt an {validation_images} Validierungsbildern, {test_images} Testbilder beiseitegelegt. Daten {snapshot}, Aufteilung {split_hash}.</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>Alle Modelle</translation>
    </message>
    <message>
        <source>The file does not tell side and view of this image. Which are they?</source>
        <translation>Die Datei nennt Seite und Projektion dieses Bildes nicht. Welche sind es?</translation>
    </message>
    <message>
        <source>This image is {place}</source>
        <translation>Dieses Bild ist {place}</translation>
    </message>
    <message>
        <source>Arrow keys go from point to point, Enter opens the image, Space selects it, Escape clears.</source>
        <translation>Pfeiltasten gehen von Punkt zu Punkt, Enter öffnet das Bild, Leertaste wählt es aus, Esc hebt die Auswahl auf.</translation>
    </message>
    <message>
        <source>There are no decision areas: no image has been scored.</source>
        <translation>Es gibt keine Entscheidungsgebiete: Kein Bild ist bewertet.</translation>
    </message>
    <message>
        <source>SVM on {learned:,} training images</source>
        <translation>SVM auf {learned:,} Trainingsbildern</translation>
    </message>
    <message>
        <source> (drawn from {of:,})</source>
        <translation> (Stichprobe aus {of:,})</translation>
    </message>
    <message>
        <source>{says}, one for each of {folds} folds. Choose a fold to see it.</source>
        <translation>{says}, je eine für {folds} Folds. Wählen Sie einen Fold, um sie zu sehen.</translation>
    </message>
    <message>
        <source>No FROC: none of these malignant images has a contour. Draw what is malignant on them, or import contours.</source>
        <translation>Keine FROC: Keines dieser malignen Bilder hat eine Kontur. Zeichnen Sie darauf ein, was maligne ist, oder importieren Sie Konturen.</translation>
    </message>
    <message>
        <source>{without:,} malignant images without a contour are left out.</source>
        <translation>{without:,} maligne Bilder ohne Kontur sind ausgelassen.</translation>
    </message>
    <message>
        <source>no decision</source>
        <translation>keine Entscheidung</translation>
    </message>
    <message>
        <source>fold {fold}</source>
        <translation>Fold {fold}</translation>
    </message>
    <message>
        <source>no fold</source>
        <translation>kein Fold</translation>
    </message>
    <message>
        <source>nothing drawn</source>
        <translation>nichts eingezeichnet</translation>
    </message>
    <message>
        <source>{right:,} of {sum:,} in the area of their class. {says}</source>
        <translation>{right:,} von {sum:,} im Gebiet ihrer Klasse. {says}</translation>
    </message>
    <message>
        <source>{count} images that are {class_words} and lie in the area of {class_words2}</source>
        <translation>{count} Bilder der Klasse {class_words} im Gebiet von {class_words2}</translation>
    </message>
    <message>
        <source>{told}: {share:.0%} of the {class_words} ones. Click to select them.</source>
        <translation>{told}: {share:.0%} der Klasse {class_words}. Klicken wählt sie aus.</translation>
    </message>
    <message>
        <source>in the area of</source>
        <translation>im Gebiet von</translation>
    </message>
    <message>
        <source>true</source>
        <translation>wahr</translation>
    </message>
    <message>
        <source>{text} with the mouse</source>
        <translation>{text} mit der Maus</translation>
    </message>
    <message>
        <source>Whole plane</source>
        <translation>Ganze Ebene</translation>
    </message>
    <message>
        <source>Show the whole plane (F, or double-click)</source>
        <translation>Die ganze Ebene zeigen (F oder Doppelklick)</translation>
    </message>
    <message>
        <source>Show or hide the {split} images</source>
        <translation>Bilder der Teilmenge {split} zeigen oder verbergen</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>A panel for each part of the study, or all in one</source>
        <translation>Ein Feld für jeden Teil der Studie, oder alle in einem</translation>
    </message>
    <message>
        <source>SVM areas</source>
        <translation>SVM-Gebiete</translation>
    </message>
    <message>
        <source>Shade where a kernel SVM would say N, B or M</source>
        <translation>Schattieren, wo eine Kernel-SVM N, B oder M sagen würde</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>Positive</translation>
    </message>
    <message>
        <source>Points below the threshold of p(malignant) are hollow: not called</source>
        <translation>Punkte unter der Schwelle von p(maligne) sind hohl: nicht als positiv gewertet</translation>
    </message>
    <message>
        <source>Moves</source>
        <translation>Bewegungen</translation>
    </message>
    <message>
        <source>Arrows from where the previous model put the images</source>
        <translation>Pfeile von dort, wohin das vorige Modell die Bilder gesetzt hatte</translation>
    </message>
    <message>
        <source>What colours and symbols mean</source>
        <translation>Was Farben und Symbole bedeuten</translation>
    </message>
    <message>
        <source>Open evaluation...</source>
        <translation>Auswertung öffnen ...</translation>
    </message>
    <message>
        <source>Look at the predictions of a folder that `lesionloop evaluate --out` wrote</source>
        <translation>Vorhersagen aus einem Ordner ansehen, den `lesionloop evaluate --out` geschrieben hat</translation>
    </message>
    <message>
        <source>Recipe of the evaluation</source>
        <translation>Rezept der Auswertung</translation>
    </message>
    <message>
        <source>Seed of the evaluation</source>
        <translation>Seed der Auswertung</translation>
    </message>
    <message>
        <source>Fold of the evaluation</source>
        <translation>Fold der Auswertung</translation>
    </message>
    <message>
        <source>Back to the model</source>
        <translation>Zurück zum Modell</translation>
    </message>
    <message>
        <source>Close the evaluation and show the project&apos;s own model</source>
        <translation>Die Auswertung schließen und das Modell des Projekts zeigen</translation>
    </message>
    <message>
        <source>Evaluation {folder}:</source>
        <translation>Auswertung {folder}:</translation>
    </message>
    <message>
        <source>seed {seed}</source>
        <translation>Seed {seed}</translation>
    </message>
    <message>
        <source>all folds</source>
        <translation>alle Folds</translation>
    </message>
    <message>
        <source>Make worklist</source>
        <translation>Als Arbeitsliste</translation>
    </message>
    <message>
        <source>List the selected images alone</source>
        <translation>Nur die ausgewählten Bilder auflisten</translation>
    </message>
    <message>
        <source>Export...</source>
        <translation>Exportieren ...</translation>
    </message>
    <message>
        <source>Export the annotations of exactly these images</source>
        <translation>Die Annotationen genau dieser Bilder exportieren</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Aufheben</translation>
    </message>
    <message>
        <source>Select nothing (Esc)</source>
        <translation>Auswahl aufheben (Esc)</translation>
    </message>
    <message>
        <source>Arrow keys move the operating point.</source>
        <translation>Pfeiltasten verschieben den Arbeitspunkt.</translation>
    </message>
    <message>
        <source>Drag the point along the curve, or move it with the arrow keys</source>
        <translation>Den Punkt auf der Kurve ziehen oder mit den Pfeiltasten bewegen</translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} has no column {missing}. Choose a folder that `lesionloop evaluate --out` wrote.</source>
        <translation>{folder} kann nicht gezeigt werden: In {file} fehlt die Spalte {missing}. Wählen Sie einen Ordner, den `lesionloop evaluate --out` geschrieben hat.</translation>
    </message>
    <message>
        <source>{folder} is no evaluation: there is no {file} in it. Choose a folder that `lesionloop evaluate --out` wrote.</source>
        <translation>{folder} ist keine Auswertung: Darin ist kein {file}. Wählen Sie einen Ordner, den `lesionloop evaluate --out` geschrieben hat.</translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} cannot be read. Evaluate again.</source>
        <translation>{folder} kann nicht gezeigt werden: {file} ist nicht lesbar. Werten Sie erneut aus.</translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} holds no prediction yet.</source>
        <translation>{folder} kann nicht gezeigt werden: {file} enthält noch keine Vorhersage.</translation>
    </message>
    <message>
        <source>Line {line_num} of {file} cannot be understood: the evaluation was not opened. Evaluate again.</source>
        <translation>Zeile {line_num} von {file} ist nicht verständlich: Die Auswertung wurde nicht geöffnet. Werten Sie erneut aus.</translation>
    </message>
    <message>
        <source>Legend</source>
        <translation>Legende</translation>
    </message>
    <message>
        <source>Show {category}</source>
        <translation>{category} zeigen</translation>
    </message>
    <message>
        <source>Show or hide: {category}</source>
        <translation>Zeigen oder verbergen: {category}</translation>
    </message>
    <message>
        <source>Learning the decision areas ...</source>
        <translation>Die Entscheidungsgebiete werden gelernt ...</translation>
    </message>
    <message>
        <source>No image has been scored.</source>
        <translation>Kein Bild ist bewertet.</translation>
    </message>
    <message>
        <source>Reading the region scores ...</source>
        <translation>Die Scores der Regionen werden gelesen ...</translation>
    </message>
    <message>
        <source>No FROC: no malignant image with a contour is called at this threshold.</source>
        <translation>Keine FROC: Bei dieser Schwelle wird kein malignes Bild mit Kontur als positiv gewertet.</translation>
    </message>
    <message>
        <source>selected</source>
        <translation>ausgewählten</translation>
    </message>
    <message>
        <source>shown</source>
        <translation>gezeigten</translation>
    </message>
    <message>
        <source>The {longest} longest moves of {known:,} {of} images.</source>
        <translation>Die {longest} weitesten Bewegungen von {known:,} {of} Bildern.</translation>
    </message>
    <message>
        <source>{longest} of {among:,} {of} images moved by {smallest:g} or more.</source>
        <translation>{longest} von {among:,} {of} Bildern haben sich um {smallest:g} oder mehr bewegt.</translation>
    </message>
    <message>
        <source>{unknown:,} predictions of {evaluation} are of images that are not in this project: they are not shown.</source>
        <translation>{unknown:,} Vorhersagen von {evaluation} gehören zu Bildern, die nicht in diesem Projekt sind: Sie werden nicht gezeigt.</translation>
    </message>
    <message>
        <source>An evaluation has no model before it: there are no moves to show.</source>
        <translation>Eine Auswertung hat kein Modell vor sich: Es gibt keine Bewegungen zu zeigen.</translation>
    </message>
    <message>
        <source>There is no model before the current one: there are no moves to show.</source>
        <translation>Vor dem jetzigen Modell gibt es keines: Es gibt keine Bewegungen zu zeigen.</translation>
    </message>
    <message>
        <source>What model {former} said of these images is no longer kept: there are no moves to show.</source>
        <translation>Was Modell {former} zu diesen Bildern sagte, ist nicht mehr vorhanden: Es gibt keine Bewegungen zu zeigen.</translation>
    </message>
    <message>
        <source>From model {former}: {told}</source>
        <translation>Von Modell {former}: {told}</translation>
    </message>
    <message>
        <source>No image has been scored yet. Press Retrain.</source>
        <translation>Noch kein Bild ist bewertet. Drücken Sie Neu trainieren.</translation>
    </message>
    <message>
        <source>No prediction.</source>
        <translation>Keine Vorhersage.</translation>
    </message>
    <message>
        <source>images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source> ({selected:,} points)</source>
        <translation> ({selected:,} Punkte)</translation>
    </message>
    <message>
        <source>{images:,} {word} selected{points}.</source>
        <translation>{images:,} {word} ausgewählt{points}.</translation>
    </message>
    <message>
        <source>
{others:,} more at this place: zoom in</source>
        <translation>
{others:,} weitere an dieser Stelle: näher heranzoomen</translation>
    </message>
    <message>
        <source>Open evaluation (the folder that it was written to)</source>
        <translation>Auswertung öffnen (der Ordner, in den sie geschrieben wurde)</translation>
    </message>
    <message>
        <source>{others:,} images had another label when {folder} was evaluated: either labels have changed since, or it is an evaluation of another project, and its points are not of the images shown here.</source>
        <translation>{others:,} Bilder hatten ein anderes Label, als {folder} ausgewertet wurde: Entweder haben sich Labels seitdem geändert, oder es ist die Auswertung eines anderen Projekts, und ihre Punkte gehören nicht zu den hier gezeigten Bildern.</translation>
    </message>
    <message>
        <source>Images that are measured on</source>
        <translation>Bilder, an denen gemessen wird</translation>
    </message>
    <message>
        <source>all images</source>
        <translation>alle Bilder</translation>
    </message>
    <message>
        <source>Probability of malignancy from which an image is called</source>
        <translation>Malignitätswahrscheinlichkeit, ab der ein Bild als positiv gewertet wird</translation>
    </message>
    <message>
        <source>Images at this p(malignant) or above are called malignant</source>
        <translation>Bilder mit diesem p(maligne) oder mehr werden als maligne gewertet</translation>
    </message>
    <message>
        <source>At {operating_sensitivity:.0%} sensitivity</source>
        <translation>Bei {operating_sensitivity:.0%} Sensitivität</translation>
    </message>
    <message>
        <source>The paper&apos;s operating point: the highest threshold that reaches it</source>
        <translation>Der Arbeitspunkt des Artikels: die höchste Schwelle, die sie erreicht</translation>
    </message>
    <message>
        <source>ROC curve</source>
        <translation>ROC-Kurve</translation>
    </message>
    <message>
        <source>1 - specificity</source>
        <translation>1 - Spezifität</translation>
    </message>
    <message>
        <source>sensitivity</source>
        <translation>Sensitivität</translation>
    </message>
    <message>
        <source>FROC curve</source>
        <translation>FROC-Kurve</translation>
    </message>
    <message>
        <source>false positive regions a called image</source>
        <translation>falsch-positive Regionen je positivem Bild</translation>
    </message>
    <message>
        <source>No ROC curve: it needs scored images that are malignant, and others that are not.</source>
        <translation>Keine ROC-Kurve: Sie braucht bewertete Bilder, die maligne sind, und andere, die es nicht sind.</translation>
    </message>
    <message>
        <source>No image of this choice has been scored.</source>
        <translation>Kein Bild dieser Auswahl ist bewertet.</translation>
    </message>
    <message>
        <source>FROC: sensitivity {sensitivity:.3f} at {fppi:.2f} FPPI (regions from {threshold:.3f})</source>
        <translation>FROC: Sensitivität {sensitivity:.3f} bei {fppi:.2f} FPPI (Regionen ab {threshold:.3f})</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>Gemessen an</translation>
    </message>
    <message>
        <source>Called from p(M)</source>
        <translation>Positiv ab p(M)</translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation>Konfusion</translation>
    </message>
    <message>
        <source>{called:,} of {total:,} images called</source>
        <translation>{called:,} von {total:,} Bildern als positiv gewertet</translation>
    </message>
    <message>
        <source>sensitivity {sensitivity:.3f} ({true_positive:,} of {positive:,})</source>
        <translation>Sensitivität {sensitivity:.3f} ({true_positive:,} von {positive:,})</translation>
    </message>
    <message>
        <source>specificity {specificity:.3f}</source>
        <translation>Spezifität {specificity:.3f}</translation>
    </message>
    <message>
        <source>p(malignant) {x:.3f}   p(benign) {y:.3f}</source>
        <translation>p(maligne) {x:.3f}   p(benigne) {y:.3f}</translation>
    </message>
    <message>
        <source>{where} image of fold {fold}</source>
        <translation>{where}, Bild von Fold {fold}</translation>
    </message>
    <message>
        <source>, in the area of {class_words}</source>
        <translation>, im Gebiet von {class_words}</translation>
    </message>
    <message>
        <source>decision: {decision}</source>
        <translation>Entscheidung: {decision}</translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation>Noch kein Modell</translation>
    </message>
    <message>
        <source>Model {model}, {method}: {scored:,} of {of:,} images</source>
        <translation>Modell {model}, {method}: {scored:,} von {of:,} Bildern</translation>
    </message>
    <message>
        <source>Calibration: as the evaluation&apos;s recipe says; its report tells.</source>
        <translation>Kalibrierung: wie im Rezept der Auswertung; ihr Bericht nennt sie.</translation>
    </message>
    <message>
        <source>Not calibrated: read the probabilities as an order, not as risks.</source>
        <translation>Nicht kalibriert: Die Wahrscheinlichkeiten sind als Rangfolge zu lesen, nicht als Risiken.</translation>
    </message>
    <message>
        <source> on {images} validation images</source>
        <translation> an {images} Validierungsbildern</translation>
    </message>
    <message>
        <source>Calibrated by temperature scaling ({named}){on}.</source>
        <translation>Durch Temperaturskalierung kalibriert ({named}){on}.</translation>
    </message>
    <message>
        <source>Browse...</source>
        <translation>Durchsuchen ...</translation>
    </message>
    <message>
        <source>New project</source>
        <translation>Neues Projekt</translation>
    </message>
    <message>
        <source>Folder of the new project</source>
        <translation>Ordner des neuen Projekts</translation>
    </message>
    <message>
        <source>Make project</source>
        <translation>Projekt anlegen</translation>
    </message>
    <message>
        <source>Test patients</source>
        <translation>Testpatienten</translation>
    </message>
    <message>
        <source>Validation patients</source>
        <translation>Validierungspatienten</translation>
    </message>
    <message>
        <source>Seed of the dealing</source>
        <translation>Seed der Zuteilung</translation>
    </message>
    <message>
        <source>Test patients are never trained on. Patients are dealt whole, once, when they are imported. Your images stay where they are.</source>
        <translation>Mit Testpatienten wird nie trainiert. Patienten werden beim Import einmal und als Ganzes zugeteilt. Ihre Bilder bleiben, wo sie sind.</translation>
    </message>
    <message>
        <source>your name or initials</source>
        <translation>Ihr Name oder Kürzel</translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation>Name des Befunders</translation>
    </message>
    <message>
        <source>What is shown of the model</source>
        <translation>Was vom Modell gezeigt wird</translation>
    </message>
    <message>
        <source>Who is reading? The name is kept with every contour and decision. There is no password: it says whose work this is, and keeps nobody out.</source>
        <translation>Wer befundet? Der Name wird mit jeder Kontur und Entscheidung festgehalten. Es gibt kein Passwort: Der Name sagt, wessen Arbeit es ist, und schließt niemanden aus.</translation>
    </message>
    <message>
        <source>The model is</source>
        <translation>Das Modell ist</translation>
    </message>
    <message>
        <source>Open project</source>
        <translation>Projekt öffnen</translation>
    </message>
    <message>
        <source>Open read-only</source>
        <translation>Nur lesend öffnen</translation>
    </message>
    <message>
        <source>This sitting is not recorded. {error}</source>
        <translation>Diese Sitzung wird nicht aufgezeichnet. {error}</translation>
    </message>
    <message>
        <source>What you do is not being recorded at the moment. {error}</source>
        <translation>Was Sie tun, wird im Moment nicht aufgezeichnet. {error}</translation>
    </message>
    <message>
        <source>Starting {method} on {images} ...</source>
        <translation>{method} beginnt auf {images} ...</translation>
    </message>
    <message>
        <source>Going on with {method} ...</source>
        <translation>{method} wird fortgesetzt ...</translation>
    </message>
    <message>
        <source>A training is at work: use another model when it has ended.</source>
        <translation>Ein Training läuft: Verwenden Sie ein anderes Modell, wenn es beendet ist.</translation>
    </message>
    <message>
        <source>Model {model_id} scores the images ...</source>
        <translation>Modell {model_id} bewertet die Bilder ...</translation>
    </message>
    <message>
        <source>Training was cancelled. Nothing was changed.</source>
        <translation>Das Training wurde abgebrochen. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source> Last lines: {lines}</source>
        <translation> Letzte Zeilen: {lines}</translation>
    </message>
    <message>
        <source>Training ended unexpectedly. Nothing was changed.{tail}</source>
        <translation>Das Training endete unerwartet. Nichts wurde geändert.{tail}</translation>
    </message>
    <message>
        <source>Training failed by a mistake of Lesionloop&apos;s own. Nothing was changed.</source>
        <translation>Das Training scheiterte an einem Fehler von Lesionloop selbst. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>Training was stopped before there was anything to keep. Nothing was changed.</source>
        <translation>Das Training wurde beendet, bevor es etwas zu behalten gab. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>The results could not be read by a mistake of Lesionloop&apos;s own.</source>
        <translation>Die Ergebnisse konnten wegen eines Fehlers von Lesionloop selbst nicht gelesen werden.</translation>
    </message>
    <message>
        <source>weak labels only</source>
        <translation>nur schwachen Labels</translation>
    </message>
    <message>
        <source>{images_scored} images scored. Nothing on screen has changed: it is a candidate.</source>
        <translation>{images_scored} Bilder bewertet. Auf dem Schirm hat sich nichts geändert: Es ist ein Kandidat.</translation>
    </message>
    <message>
        <source>Model {model} is trained on {drawn}. {told}</source>
        <translation>Modell {model} ist trainiert mit {drawn}. {told}</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>The interrupted training was discarded.</source>
        <translation>Das unterbrochene Training wurde verworfen.</translation>
    </message>
    <message>
        <source>1 annotated image</source>
        <translation>1 annotierten Bild</translation>
    </message>
    <message>
        <source>{number} annotated images</source>
        <translation>{number} annotierten Bildern</translation>
    </message>
    <message>
        <source>{count} malignant</source>
        <translation>{count} maligne</translation>
    </message>
    <message>
        <source>No reader has worked on this image yet.</source>
        <translation>An diesem Bild hat noch kein Befunder gearbeitet.</translation>
    </message>
    <message>
        <source>IoM {iom:.2f}, Dice {dice:.2f}</source>
        <translation>IoM {iom:.2f}, Dice {dice:.2f}</translation>
    </message>
    <message>
        <source>{first} and {second} without a partner</source>
        <translation>{first} und {second} ohne Gegenstück</translation>
    </message>
    <message>
        <source>{flips} of {regions} regions turn</source>
        <translation>{flips} von {regions} Regionen wechseln</translation>
    </message>
    <message>
        <source>nothing to compare</source>
        <translation>nichts zu vergleichen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source> points</source>
        <translation> Punkt</translation>
    </message>
    <message>
        <source>Size of the text</source>
        <translation>Schriftgröße</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>That of the system</source>
        <translation>Die des Systems</translation>
    </message>
    <message>
        <source>Contours and boxes</source>
        <translation>Konturen und Boxen</translation>
    </message>
    <message>
        <source>Usual: contours red and grey, boxes blue and green</source>
        <translation>Üblich: Konturen rot und grau, Boxen blau und grün</translation>
    </message>
    <message>
        <source>For every colour vision (Okabe and Ito)</source>
        <translation>Für jedes Farbensehen (Okabe und Ito)</translation>
    </message>
    <message>
        <source>Heatmap</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>Warm</source>
        <translation>Warm</translation>
    </message>
    <message>
        <source>Viridis</source>
        <translation>Viridis</translation>
    </message>
    <message>
        <source>Cividis (for every colour vision)</source>
        <translation>Cividis (für jedes Farbensehen)</translation>
    </message>
    <message>
        <source>Inferno</source>
        <translation>Inferno</translation>
    </message>
    <message>
        <source>&amp;Look</source>
        <translation>&amp;Aussehen</translation>
    </message>
    <message>
        <source>Size of the &amp;text</source>
        <translation>Schrift&amp;größe</translation>
    </message>
    <message>
        <source>L&amp;anguage</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>The mammogram lies on black in both looks. Another language is spoken when Lesionloop is started again.</source>
        <translation>Das Mammogramm liegt immer auf Schwarz. Eine andere Sprache gilt, wenn Lesionloop neu gestartet wird.</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>&amp;Contours and boxes</source>
        <translation>&amp;Konturen und Boxen</translation>
    </message>
    <message>
        <source>&amp;Heatmap</source>
        <translation>&amp;Heatmap</translation>
    </message>
    <message>
        <source>Contours are drawn in full lines and boxes in dashed ones, with their class as a letter, whatever the colours.</source>
        <translation>Konturen werden mit durchgezogenen und Boxen mit gestrichelten Linien gezeichnet, mit ihrer Klasse als Buchstaben, in welchen Farben auch immer.</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Sample of the colours</source>
        <translation>Farbmuster</translation>
    </message>
    <message>
        <source>contour M</source>
        <translation>Kontur M</translation>
    </message>
    <message>
        <source>contour B</source>
        <translation>Kontur B</translation>
    </message>
    <message>
        <source>box M</source>
        <translation>Box M</translation>
    </message>
    <message>
        <source>box B</source>
        <translation>Box B</translation>
    </message>
    <message>
        <source>Not in a sitting in which the model is hidden</source>
        <translation>Nicht in einer Sitzung, in der das Modell verborgen ist</translation>
    </message>
    <message>
        <source>Paused: no time is counted. Choose Image, Pause to go on.</source>
        <translation>Pause: Es wird keine Zeit gezählt. Wählen Sie Bild, Pause, um fortzufahren.</translation>
    </message>
    <message>
        <source>Review: the contours of all readers. What you draw now settles the image; theirs stay as they are.</source>
        <translation>Durchsicht: die Konturen aller Befunder. Was Sie jetzt zeichnen, entscheidet über das Bild; die der anderen bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Images of the study</source>
        <translation>Bilder der Untersuchung</translation>
    </message>
    <message>
        <source>Its side or view is not known, so it hangs alone.</source>
        <translation>Seite oder Projektion ist nicht bekannt, deshalb hängt es allein.</translation>
    </message>
    <message>
        <source>Open it.</source>
        <translation>Öffnen.</translation>
    </message>
    <message>
        <source>Open {image}</source>
        <translation>{image} öffnen</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Loss</translation>
    </message>
    <message>
        <source>AUROC, malignant</source>
        <translation>AUROC, maligne</translation>
    </message>
    <message>
        <source>&lt;span style=&apos;color:{training_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; training &amp;nbsp; &lt;span style=&apos;color:{validation_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; validation</source>
        <translation>&lt;span style=&apos;color:{training_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; Training &amp;nbsp; &lt;span style=&apos;color:{validation_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; Validierung</translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation>Neu trainieren</translation>
    </message>
    <message>
        <source>Train on the contours drawn so far, rescore all images, rank the worklist anew</source>
        <translation>Mit den bisher gezeichneten Konturen trainieren, alle Bilder neu bewerten, die Arbeitsliste neu ordnen</translation>
    </message>
    <message>
        <source>Stop early (keep)</source>
        <translation>Früh beenden (behalten)</translation>
    </message>
    <message>
        <source>End training now and keep the best model so far</source>
        <translation>Das Training jetzt beenden und das bisher beste Modell behalten</translation>
    </message>
    <message>
        <source>End now and change nothing</source>
        <translation>Jetzt beenden und nichts ändern</translation>
    </message>
    <message>
        <source>Models...</source>
        <translation>Modelle ...</translation>
    </message>
    <message>
        <source>Every model, what it is worth, and who put it to use</source>
        <translation>Alle Modelle, was sie taugen, und wer sie in Gebrauch nahm</translation>
    </message>
    <message>
        <source>Use the model again that was in use before, and rank the worklist by it</source>
        <translation>Das vorher gebrauchte Modell wieder verwenden und die Arbeitsliste danach ordnen</translation>
    </message>
    <message>
        <source>&lt;b&gt;No model yet&lt;/b&gt;&lt;br&gt;Press Retrain to train on the weak labels and rank the worklist.</source>
        <translation>&lt;b&gt;Noch kein Modell&lt;/b&gt;&lt;br&gt;Drücken Sie Neu trainieren, um mit den schwachen Labels zu trainieren und die Arbeitsliste zu ordnen.</translation>
    </message>
    <message>
        <source>contours on {count}</source>
        <translation>Konturen, {count}</translation>
    </message>
    <message>
        <source>&lt;b&gt;Model {model}&lt;/b&gt; &amp;middot; {method}&lt;br&gt;&lt;span style=&apos;color:{dim_text}&apos;&gt;trained {when}&lt;br&gt;{drawn}&lt;br&gt;probabilities {calibrated}&lt;/span&gt;</source>
        <translation>&lt;b&gt;Modell {model}&lt;/b&gt; &amp;middot; {method}&lt;br&gt;&lt;span style=&apos;color:{dim_text}&apos;&gt;trainiert {when}&lt;br&gt;{drawn}&lt;br&gt;Wahrscheinlichkeiten {calibrated}&lt;/span&gt;</translation>
    </message>
    <message>
        <source>Storing the results ...</source>
        <translation>Die Ergebnisse werden gespeichert ...</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>Epoche</translation>
    </message>
    <message>
        <source>image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>{name}: {unit} {done} of {total}</source>
        <translation>{name}: {unit} {done} von {total}</translation>
    </message>
    <message>
        <source>{text}, {rate}, {left} left</source>
        <translation>{text}, {rate}, noch {left}</translation>
    </message>
    <message>
        <source>Stopping; the best model so far is kept ...</source>
        <translation>Wird beendet; das bisher beste Modell bleibt erhalten ...</translation>
    </message>
    <message>
        <source>{value} min</source>
        <translation>{value} min</translation>
    </message>
    <message>
        <source>{rate:.0f} epochs a second</source>
        <translation>{rate:.0f} Epochen je Sekunde</translation>
    </message>
    <message>
        <source>{rate:.0f} images a second</source>
        <translation>{rate:.0f} Bilder je Sekunde</translation>
    </message>
    <message>
        <source>{seconds:.1f} s an epoch</source>
        <translation>{seconds:.1f} s je Epoche</translation>
    </message>
    <message>
        <source>{seconds:.1f} s an image</source>
        <translation>{seconds:.1f} s je Bild</translation>
    </message>
    <message>
        <source>calibrated on validation images</source>
        <translation>an Validierungsbildern kalibriert</translation>
    </message>
    <message>
        <source>1 image</source>
        <translation>1 Bild</translation>
    </message>
    <message>
        <source>{number} images</source>
        <translation>{number} Bilder</translation>
    </message>
    <message>
        <source>1 finding</source>
        <translation>1 Befund</translation>
    </message>
    <message>
        <source>{number} findings</source>
        <translation>{number} Befunde</translation>
    </message>
    <message>
        <source>1 label</source>
        <translation>1 Label</translation>
    </message>
    <message>
        <source>{number} labels</source>
        <translation>{number} Labels</translation>
    </message>
    <message>
        <source>1 contour</source>
        <translation>1 Kontur</translation>
    </message>
    <message>
        <source>{number} contours</source>
        <translation>{number} Konturen</translation>
    </message>
    <message>
        <source>side ?</source>
        <translation>Seite ?</translation>
    </message>
    <message>
        <source>view ?</source>
        <translation>Projektion ?</translation>
    </message>
    <message>
        <source>SYNTHETIC: no patient</source>
        <translation>SYNTHETISCH: keine Patientin</translation>
    </message>
    <message>
        <source>For Processing: raw detector data</source>
        <translation>For Processing: Rohdaten des Detektors</translation>
    </message>
    <message>
        <source>Lossy compression</source>
        <translation>Verlustbehaftet komprimiert</translation>
    </message>
    <message>
        <source>Resampled pixels</source>
        <translation>Umgerechnete Bildpunkte</translation>
    </message>
    <message>
        <source>Computed from tomosynthesis</source>
        <translation>Aus Tomosynthese berechnet</translation>
    </message>
    <message>
        <source>8 bit</source>
        <translation>8 Bit</translation>
    </message>
    <message>
        <source>Frame {frame} of {frames}: not used in training</source>
        <translation>Einzelbild {frame} von {frames}: nicht zum Training verwendet</translation>
    </message>
    <message>
        <source>Not usable in this file, and not followed: {what}</source>
        <translation>In dieser Datei unbrauchbar und nicht befolgt: {what}</translation>
    </message>
    <message>
        <source>Zoom {percent} %</source>
        <translation>Zoom {percent} %</translation>
    </message>
    <message>
        <source>  (below 1:1)</source>
        <translation>  (unter 1:1)</translation>
    </message>
    <message>
        <source>Model: heatmap, {heatmap_class}{what}</source>
        <translation>Modell: Heatmap, {heatmap_class}{what}</translation>
    </message>
    <message>
        <source>no region scores {least_score} or more</source>
        <translation>keine Region mit Score {least_score} oder mehr</translation>
    </message>
    <message>
        <source>Model: {text}</source>
        <translation>Modell: {text}</translation>
    </message>
    <message>
        <source>Model: hidden</source>
        <translation>Modell: verborgen</translation>
    </message>
    <message>
        <source>Model: not scored</source>
        <translation>Modell: nicht bewertet</translation>
    </message>
    <message>
        <source>All overlays are hidden</source>
        <translation>Alle Überlagerungen sind verborgen</translation>
    </message>
    <message>
        <source>Contours are hidden</source>
        <translation>Konturen sind verborgen</translation>
    </message>
    <message>
        <source>window {index}</source>
        <translation>Fenster {index}</translation>
    </message>
    <message>
        <source>  inverted</source>
        <translation>  invertiert</translation>
    </message>
    <message>
        <source>dashed boxes, M orange, B green</source>
        <translation>gestrichelte Boxen, M orange, B grün</translation>
    </message>
    <message>
        <source>dashed boxes, M blue, B green</source>
        <translation>gestrichelte Boxen, M blau, B grün</translation>
    </message>
    <message>
        <source> at detector</source>
        <translation> am Detektor</translation>
    </message>
    <message>
        <source>Mammogram</source>
        <translation>Mammogramm</translation>
    </message>
    <message>
        <source>True size needs the spacing of the pixels, which this file does not tell.</source>
        <translation>Für die wahre Größe wird der Pixelabstand gebraucht, den diese Datei nicht nennt.</translation>
    </message>
    <message>
        <source>True size needs the size of the screen, which the screen does not tell.</source>
        <translation>Für die wahre Größe wird die Größe des Bildschirms gebraucht, die dieser nicht nennt.</translation>
    </message>
    <message>
        <source>{place}, {caption}. Tool: {tool}.</source>
        <translation>{place}, {caption}. Werkzeug: {tool}.</translation>
    </message>
    <message>
        <source>Viewer</source>
        <translation>Betrachter</translation>
    </message>
    <message>
        <source>This image cannot be shown</source>
        <translation>Dieses Bild kann nicht gezeigt werden</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Wird geladen</translation>
    </message>
    <message>
        <source>The study has no such image.</source>
        <translation>Die Untersuchung hat kein solches Bild.</translation>
    </message>
    <message>
        <source>Loading ...</source>
        <translation>Wird geladen ...</translation>
    </message>
    <message>
        <source>cannot be used</source>
        <translation>nicht verwendbar</translation>
    </message>
    <message>
        <source>to look at only</source>
        <translation>nur zum Ansehen</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>übersprungen</translation>
    </message>
    <message>
        <source>unusable</source>
        <translation>unbrauchbar</translation>
    </message>
    <message>
        <source>{contours} contours</source>
        <translation>{contours} Konturen</translation>
    </message>
    <message>
        <source>nothing to draw</source>
        <translation>nichts einzuzeichnen</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>{known}. Rank {rank}: {rank_reason}</source>
        <translation>{known}. Rang {rank}: {rank_reason}</translation>
    </message>
    <message>
        <source>Rank: 1 is worth your time most</source>
        <translation>Rang: 1 ist Ihre Zeit am meisten wert</translation>
    </message>
    <message>
        <source>Pseudonymous key of the patient</source>
        <translation>Pseudonymer Schlüssel der Patientin</translation>
    </message>
    <message>
        <source>Side and projection</source>
        <translation>Seite und Projektion</translation>
    </message>
    <message>
        <source>Label of the whole image: N, B, M or both</source>
        <translation>Label des ganzen Bildes: N, B, M oder beides</translation>
    </message>
    <message>
        <source>Probability of a malignant finding, by the model in use; calibrated</source>
        <translation>Wahrscheinlichkeit eines malignen Befundes nach dem Modell in Gebrauch; kalibriert</translation>
    </message>
    <message>
        <source>Probability of a malignant finding, by the model in use; not calibrated</source>
        <translation>Wahrscheinlichkeit eines malignen Befundes nach dem Modell in Gebrauch; nicht kalibriert</translation>
    </message>
    <message>
        <source>What has been done; ✓ where a reader says that all is drawn</source>
        <translation>Was getan ist; ✓ wo ein Befunder sagt, dass alles eingezeichnet ist</translation>
    </message>
    <message>
        <source>Which images are listed</source>
        <translation>Welche Bilder gelistet sind</translation>
    </message>
    <message>
        <source>Find patient, view, state</source>
        <translation>Patient, Projektion, Stand suchen</translation>
    </message>
    <message>
        <source>Text that a listed image must contain</source>
        <translation>Text, den ein gelistetes Bild enthalten muss</translation>
    </message>
    <message>
        <source>List all images again</source>
        <translation>Wieder alle Bilder listen</translation>
    </message>
    <message>
        <source>{images:,} images</source>
        <translation>{images:,} Bilder</translation>
    </message>
    <message>
        <source>{count} selected in the plane  ×</source>
        <translation>{count} in der Ebene ausgewählt  ×</translation>
    </message>
    <message>
        <source>{count} selected in the plane. Press to list all images again</source>
        <translation>{count} in der Ebene ausgewählt. Drücken, um wieder alle Bilder zu listen</translation>
    </message>
    <message>
        <source>{listed} of {total} images</source>
        <translation>{listed} von {total} Bildern</translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation>Arbeitsliste</translation>
    </message>
    <message>
        <source>The project was not opened: contours and decisions need a reader&apos;s name.</source>
        <translation>Das Projekt wurde nicht geöffnet: Konturen und Entscheidungen brauchen den Namen eines Befunders.</translation>
    </message>
    <message>
        <source>read-only</source>
        <translation>nur lesend</translation>
    </message>
    <message>
        <source>{name} — {who} — Lesionloop</source>
        <translation>{name} — {who} — Lesionloop</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>This is the last image of the list.</source>
        <translation>Dies ist das letzte Bild der Liste.</translation>
    </message>
    <message>
        <source>This is the last study of the list.</source>
        <translation>Dies ist die letzte Untersuchung der Liste.</translation>
    </message>
    <message>
        <source>This is the first image of the list.</source>
        <translation>Dies ist das erste Bild der Liste.</translation>
    </message>
    <message>
        <source>Undone</source>
        <translation>Rückgängig gemacht</translation>
    </message>
    <message>
        <source>Done again</source>
        <translation>Wiederholt</translation>
    </message>
    <message>
        <source>Open project (its folder)</source>
        <translation>Projekt öffnen (sein Ordner)</translation>
    </message>
    <message>
        <source>Contours from before that are not closed yet: {names}.</source>
        <translation>Noch nicht geschlossene Konturen von früher: {names}.</translation>
    </message>
    <message>
        <source>About Lesionloop</source>
        <translation>Über Lesionloop</translation>
    </message>
    <message>
        <source>Reduced resolution: the whole picture is loading</source>
        <translation>Verringerte Auflösung: Das ganze Bild wird geladen</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Changes of this session, the last on top</source>
        <translation>Änderungen dieser Sitzung, die letzte zuoberst</translation>
    </message>
    <message>
        <source>Press a line to go back, or forward, to the state after that change.</source>
        <translation>Eine Zeile führt zurück oder vor zum Stand nach dieser Änderung.</translation>
    </message>
    <message>
        <source>opened</source>
        <translation>geöffnet</translation>
    </message>
</context>
<context>
    <name>data</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>New project...</source>
        <translation>Neues Projekt ...</translation>
    </message>
    <message>
        <source>Open project...</source>
        <translation>Projekt öffnen ...</translation>
    </message>
    <message>
        <source>Import images...</source>
        <translation>Bilder importieren ...</translation>
    </message>
    <message>
        <source>Export annotations...</source>
        <translation>Annotationen exportieren ...</translation>
    </message>
    <message>
        <source>Change reader...</source>
        <translation>Befunder wechseln ...</translation>
    </message>
    <message>
        <source>Settings...</source>
        <translation>Einstellungen ...</translation>
    </message>
    <message>
        <source>Keys, colours, language</source>
        <translation>Tasten, Farben, Sprache</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Take the last change back</source>
        <translation>Die letzte Änderung zurücknehmen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Do it again</source>
        <translation>Die Änderung erneut ausführen</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Every change of this session, and a way back to any of them</source>
        <translation>Jede Änderung dieser Sitzung und ein Weg zurück zu jeder</translation>
    </message>
    <message>
        <source>Accept the model&apos;s box</source>
        <translation>Box des Modells übernehmen</translation>
    </message>
    <message>
        <source>Make a finding of the box under the pointer</source>
        <translation>Aus der Box unter dem Zeiger einen Befund machen</translation>
    </message>
    <message>
        <source>Simplify contour</source>
        <translation>Kontur vereinfachen</translation>
    </message>
    <message>
        <source>Leave out points that can hardly be seen</source>
        <translation>Punkte weglassen, die kaum zu sehen sind</translation>
    </message>
    <message>
        <source>Join contours</source>
        <translation>Konturen vereinigen</translation>
    </message>
    <message>
        <source>The selected one and those that it touches</source>
        <translation>Die ausgewählte und die, die sie berührt</translation>
    </message>
    <message>
        <source>Larger contour</source>
        <translation>Kontur vergrößern</translation>
    </message>
    <message>
        <source>Smaller contour</source>
        <translation>Kontur verkleinern</translation>
    </message>
    <message>
        <source>Delete finding</source>
        <translation>Befund löschen</translation>
    </message>
    <message>
        <source>Delete the selected finding</source>
        <translation>Den ausgewählten Befund löschen</translation>
    </message>
    <message>
        <source>&amp;Image</source>
        <translation>B&amp;ild</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Open the next image of the list</source>
        <translation>Das nächste Bild der Liste öffnen</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Open the previous image of the list</source>
        <translation>Das vorige Bild der Liste öffnen</translation>
    </message>
    <message>
        <source>Nothing to draw</source>
        <translation>Nichts einzuzeichnen</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Auslassen</translation>
    </message>
    <message>
        <source>Unusable</source>
        <translation>Unbrauchbar</translation>
    </message>
    <message>
        <source>This image is not to be learned from</source>
        <translation>Aus diesem Bild soll nicht gelernt werden</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>No time is counted until you go on</source>
        <translation>Keine Zeit wird gezählt, bis Sie fortfahren</translation>
    </message>
    <message>
        <source>Review all readers</source>
        <translation>Alle Befunder durchsehen</translation>
    </message>
    <message>
        <source>Open the contours and decisions of all readers</source>
        <translation>Konturen und Entscheidungen aller Befunder öffnen</translation>
    </message>
    <message>
        <source>Done, next</source>
        <translation>Fertig, nächstes</translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation>&amp;Werkzeuge</translation>
    </message>
    <message>
        <source>Browse</source>
        <translation>Betrachten</translation>
    </message>
    <message>
        <source>Pan, zoom and select</source>
        <translation>Verschieben, zoomen und auswählen</translation>
    </message>
    <message>
        <source>Window / level</source>
        <translation>Fensterung</translation>
    </message>
    <message>
        <source>Drag for contrast and brightness</source>
        <translation>Ziehen für Kontrast und Helligkeit</translation>
    </message>
    <message>
        <source>Draw a contour</source>
        <translation>Kontur zeichnen</translation>
    </message>
    <message>
        <source>Drag around a lesion, or click corner after corner; Enter closes</source>
        <translation>Um eine Läsion ziehen, oder Ecke für Ecke klicken; Enter schließt</translation>
    </message>
    <message>
        <source>Smart edge</source>
        <translation>Kluger Rand</translation>
    </message>
    <message>
        <source>Click along a rim; the outline follows it. Shift goes straight</source>
        <translation>Am Rand entlang klicken; der Umriss folgt ihm. Umschalt geht gerade</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>Ellipse</translation>
    </message>
    <message>
        <source>Drag a box around a lesion; Shift for a circle</source>
        <translation>Ein Rechteck um eine Läsion ziehen; Umschalt für einen Kreis</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>From inside a contour it grows, from outside it shrinks, right through it splits; [ and ] for the size</source>
        <translation>Von innen wächst eine Kontur, von außen schrumpft sie, mitten hindurch wird sie geteilt; [ und ] für die Größe</translation>
    </message>
    <message>
        <source>Edit contour</source>
        <translation>Kontur bearbeiten</translation>
    </message>
    <message>
        <source>Drag the points of the selected contour</source>
        <translation>Die Punkte der ausgewählten Kontur ziehen</translation>
    </message>
    <message>
        <source>Ruler</source>
        <translation>Lineal</translation>
    </message>
    <message>
        <source>Drag to measure; Esc takes the line away</source>
        <translation>Ziehen misst; Esc nimmt die Linie weg</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>Invertieren</translation>
    </message>
    <message>
        <source>Swap black and white</source>
        <translation>Schwarz und Weiß tauschen</translation>
    </message>
    <message>
        <source>Reset window</source>
        <translation>Fensterung zurücksetzen</translation>
    </message>
    <message>
        <source>Back to the image&apos;s own window</source>
        <translation>Zurück zur Fensterung der Datei</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Show the whole image</source>
        <translation>Das ganze Bild zeigen</translation>
    </message>
    <message>
        <source>One to one</source>
        <translation>Eins zu eins</translation>
    </message>
    <message>
        <source>One image pixel a screen pixel</source>
        <translation>Ein Bildpixel je Bildschirmpixel</translation>
    </message>
    <message>
        <source>True size</source>
        <translation>Wahre Größe</translation>
    </message>
    <message>
        <source>As large as the breast is, by the file&apos;s spacing and the screen&apos;s</source>
        <translation>So groß wie die Mamma, nach dem Pixelabstand der Datei und des Bildschirms</translation>
    </message>
    <message>
        <source>Turn left to right</source>
        <translation>Links-rechts spiegeln</translation>
    </message>
    <message>
        <source>For display only; the corner says so</source>
        <translation>Nur für die Anzeige; die Ecke des Bildes sagt es</translation>
    </message>
    <message>
        <source>Next window</source>
        <translation>Nächste Fensterung</translation>
    </message>
    <message>
        <source>The file&apos;s next window or VOI LUT</source>
        <translation>Das nächste Fenster oder die nächste VOI-LUT der Datei</translation>
    </message>
    <message>
        <source>Raw data as stored</source>
        <translation>Rohdaten wie gespeichert</translation>
    </message>
    <message>
        <source>For Processing images: between the logarithm and the values as stored; for display only</source>
        <translation>Rohbilder (For Processing): zwischen dem Logarithmus und den gespeicherten Werten; nur zur Anzeige</translation>
    </message>
    <message>
        <source>Next frame</source>
        <translation>Nächstes Einzelbild</translation>
    </message>
    <message>
        <source>The next frame of an image that has many, as of tomosynthesis</source>
        <translation>Das nächste Einzelbild einer Aufnahme mit vielen, etwa einer Tomosynthese</translation>
    </message>
    <message>
        <source>Previous frame</source>
        <translation>Voriges Einzelbild</translation>
    </message>
    <message>
        <source>The frame before, of an image that has many</source>
        <translation>Das Einzelbild davor, in einer Aufnahme mit vielen</translation>
    </message>
    <message>
        <source>Four views</source>
        <translation>Vier Aufnahmen</translation>
    </message>
    <message>
        <source>R CC, L CC over R MLO, L MLO</source>
        <translation>R CC, L CC über R MLO, L MLO</translation>
    </message>
    <message>
        <source>CC pair</source>
        <translation>CC-Paar</translation>
    </message>
    <message>
        <source>Both CC views</source>
        <translation>Beide CC-Aufnahmen</translation>
    </message>
    <message>
        <source>MLO pair</source>
        <translation>MLO-Paar</translation>
    </message>
    <message>
        <source>Both MLO views</source>
        <translation>Beide MLO-Aufnahmen</translation>
    </message>
    <message>
        <source>Four in a row</source>
        <translation>Vier in einer Reihe</translation>
    </message>
    <message>
        <source>All four views side by side</source>
        <translation>Alle vier Aufnahmen nebeneinander</translation>
    </message>
    <message>
        <source>Single view</source>
        <translation>Einzelaufnahme</translation>
    </message>
    <message>
        <source>The open image alone</source>
        <translation>Das offene Bild allein</translation>
    </message>
    <message>
        <source>Earlier study above</source>
        <translation>Voruntersuchung darüber</translation>
    </message>
    <message>
        <source>The patient&apos;s last study before this one, in the same order</source>
        <translation>Die letzte Untersuchung der Patientin vor dieser, in derselben Ordnung</translation>
    </message>
    <message>
        <source>Link zoom and pan</source>
        <translation>Zoom und Verschieben koppeln</translation>
    </message>
    <message>
        <source>All views move together, left and right mirrored</source>
        <translation>Alle Aufnahmen bewegen sich gemeinsam, links und rechts gespiegelt</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>From the overview through each view at 1:1, then to the next study</source>
        <translation>Von der Übersicht durch jede Aufnahme in 1:1, dann zur nächsten Untersuchung</translation>
    </message>
    <message>
        <source>Heatmap</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>Where the model sees malignancy</source>
        <translation>Wo das Modell Malignität sieht</translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation>Boxen</translation>
    </message>
    <message>
        <source>The model&apos;s strongest regions</source>
        <translation>Die stärksten Regionen des Modells</translation>
    </message>
    <message>
        <source>Contours</source>
        <translation>Konturen</translation>
    </message>
    <message>
        <source>What readers have drawn</source>
        <translation>Was Befunder gezeichnet haben</translation>
    </message>
    <message>
        <source>Go to the next part of the window</source>
        <translation>Zum nächsten Teil des Fensters</translation>
    </message>
    <message>
        <source>List, image, findings, training: the keys go there</source>
        <translation>Liste, Bild, Befunde, Training: Dorthin gehen die Tasten</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>Regionen</translation>
    </message>
    <message>
        <source>The grid with the label of each region</source>
        <translation>Das Raster mit dem Label jeder Region</translation>
    </message>
    <message>
        <source>Hide all overlays</source>
        <translation>Alle Überlagerungen verbergen</translation>
    </message>
    <message>
        <source>Nothing over the image</source>
        <translation>Nichts über dem Bild</translation>
    </message>
    <message>
        <source>Next part of the heatmap</source>
        <translation>Nächster Teil der Heatmap</translation>
    </message>
    <message>
        <source>The score, p_cls, p_det or the selection, of M and B</source>
        <translation>Der Score, p_cls, p_det oder die Auswahl, von M und B</translation>
    </message>
    <message>
        <source>Next mark</source>
        <translation>Nächste Markierung</translation>
    </message>
    <message>
        <source>Look closely at the next box or contour</source>
        <translation>Die nächste Box oder Kontur aus der Nähe ansehen</translation>
    </message>
    <message>
        <source>Previous mark</source>
        <translation>Vorige Markierung</translation>
    </message>
    <message>
        <source>Look closely at the box or contour before</source>
        <translation>Die Box oder Kontur davor aus der Nähe ansehen</translation>
    </message>
    <message>
        <source>Show the image</source>
        <translation>Das Bild zeigen</translation>
    </message>
    <message>
        <source>Show the probability plane</source>
        <translation>Die Wahrscheinlichkeitsebene zeigen</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>&amp;Modell</translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation>Neu trainieren</translation>
    </message>
    <message>
        <source>Train on the contours drawn so far</source>
        <translation>Mit den bisher gezeichneten Konturen trainieren</translation>
    </message>
    <message>
        <source>Show the model on this image</source>
        <translation>Das Modell auf diesem Bild zeigen</translation>
    </message>
    <message>
        <source>Where the sitting shows it on request</source>
        <translation>Wo die Sitzung es auf Wunsch zeigt</translation>
    </message>
    <message>
        <source>Models...</source>
        <translation>Modelle ...</translation>
    </message>
    <message>
        <source>Go back to the former model</source>
        <translation>Zurück zum vorigen Modell</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>About Lesionloop</source>
        <translation>Über Lesionloop</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>Am Zeiger zoomen</translation>
    </message>
    <message>
        <source>Right button</source>
        <translation>Rechte Taste</translation>
    </message>
    <message>
        <source>Window and level, with any tool</source>
        <translation>Fensterung, mit jedem Werkzeug</translation>
    </message>
    <message>
        <source>Middle button, or Space</source>
        <translation>Mittlere Taste oder Leertaste</translation>
    </message>
    <message>
        <source>Pan, with any tool</source>
        <translation>Verschieben, mit jedem Werkzeug</translation>
    </message>
    <message>
        <source>Z, held</source>
        <translation>Z, gehalten</translation>
    </message>
    <message>
        <source>Magnifier at the pointer</source>
        <translation>Lupe am Zeiger</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>Between fit and one to one (Browse)</source>
        <translation>Zwischen eingepasst und eins zu eins (Betrachten)</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Give up the contour being drawn</source>
        <translation>Die begonnene Kontur verwerfen</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
    <message>
        <source>Close the contour being drawn</source>
        <translation>Die begonnene Kontur schließen</translation>
    </message>
    <message>
        <source>Take back the last corner or stroke</source>
        <translation>Die letzte Ecke oder den letzten Strich zurücknehmen</translation>
    </message>
    <message>
        <source>Backspace</source>
        <translation>Rücktaste</translation>
    </message>
    <message>
        <source>annotated</source>
        <translation>annotiert</translation>
    </message>
    <message>
        <source>nothing to draw</source>
        <translation>nichts einzuzeichnen</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>übersprungen</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>nicht befundbar</translation>
    </message>
    <message>
        <source>malignant</source>
        <translation>maligne</translation>
    </message>
    <message>
        <source>benign</source>
        <translation>benigne</translation>
    </message>
    <message>
        <source>unspecified</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>mass</source>
        <translation>Herdbefund</translation>
    </message>
    <message>
        <source>calcification</source>
        <translation>Verkalkung</translation>
    </message>
    <message>
        <source>distortion</source>
        <translation>Architekturstörung</translation>
    </message>
    <message>
        <source>asymmetry</source>
        <translation>Asymmetrie</translation>
    </message>
    <message>
        <source>other</source>
        <translation>andere</translation>
    </message>
    <message>
        <source>train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>test</source>
        <translation>Test</translation>
    </message>
    <message>
        <source>To annotate</source>
        <translation>Zu annotieren</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>Alle Bilder</translation>
    </message>
    <message>
        <source>With contours</source>
        <translation>Mit Konturen</translation>
    </message>
    <message>
        <source>Test images</source>
        <translation>Testbilder</translation>
    </message>
    <message>
        <source>COCO (contours.json)</source>
        <translation>COCO (contours.json)</translation>
    </message>
    <message>
        <source>CSV tables (images, findings, regions)</source>
        <translation>CSV-Tabellen (Bilder, Befunde, Regionen)</translation>
    </message>
    <message>
        <source>True class</source>
        <translation>Wahre Klasse</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Entscheidung</translation>
    </message>
    <message>
        <source>Finding type</source>
        <translation>Befundtyp</translation>
    </message>
    <message>
        <source>Fold</source>
        <translation>Fold</translation>
    </message>
    <message>
        <source>Call at the threshold</source>
        <translation>Wertung an der Schwelle</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>candidate</source>
        <translation>Kandidat</translation>
    </message>
    <message>
        <source>was in use</source>
        <translation>war in Gebrauch</translation>
    </message>
    <message>
        <source>not taken</source>
        <translation>nicht übernommen</translation>
    </message>
    <message>
        <source>never in use</source>
        <translation>nie in Gebrauch</translation>
    </message>
    <message>
        <source>window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>VOI LUT</source>
        <translation>VOI-LUT</translation>
    </message>
    <message>
        <source>rescale</source>
        <translation>Reskalierung</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Proj.</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>Label</translation>
    </message>
    <message>
        <source>p(M)</source>
        <translation>p(M)</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>normal</source>
        <translation>normal</translation>
    </message>
    <message>
        <source>malignant and benign</source>
        <translation>maligne und benigne</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Number of the model; the newest stands first</source>
        <translation>Nummer des Modells; das neueste steht zuerst</translation>
    </message>
    <message>
        <source>Which model is in use, and which wait for a decision</source>
        <translation>Welches Modell in Gebrauch ist, und welche auf eine Entscheidung warten</translation>
    </message>
    <message>
        <source>Trained</source>
        <translation>Trainiert</translation>
    </message>
    <message>
        <source>When its results came in</source>
        <translation>Wann seine Ergebnisse eintrafen</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Methode</translation>
    </message>
    <message>
        <source>Of the paper&apos;s family, and the recipe&apos;s name</source>
        <translation>Aus der Familie des Artikels, und der Name des Rezepts</translation>
    </message>
    <message>
        <source>Images whose contours it learnt from</source>
        <translation>Bilder, aus deren Konturen es gelernt hat</translation>
    </message>
    <message>
        <source>AUROC</source>
        <translation>AUROC</translation>
    </message>
    <message>
        <source>Malignant against the rest on test patients, with 95 % interval, when it came in</source>
        <translation>Maligne gegen alle anderen an Testpatienten, mit 95-%-Intervall, beim Eintreffen</translation>
    </message>
    <message>
        <source>FROC at 1 FPPI</source>
        <translation>FROC bei 1 FPPI</translation>
    </message>
    <message>
        <source>Sensitivity at one false positive region an image, with 95 % interval, where contours were known</source>
        <translation>Sensitivität bei einer falsch-positiven Region je Bild, mit 95-%-Intervall, wo Konturen bekannt waren</translation>
    </message>
    <message>
        <source>Calibrated</source>
        <translation>Kalibriert</translation>
    </message>
    <message>
        <source>Whether its probabilities were calibrated on validation images</source>
        <translation>Ob seine Wahrscheinlichkeiten an Validierungsbildern kalibriert wurden</translation>
    </message>
    <message>
        <source>Decided by</source>
        <translation>Entschieden von</translation>
    </message>
    <message>
        <source>Who put it to use or did not, and when</source>
        <translation>Wer es in Gebrauch nahm oder nicht, und wann</translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation>Bilder werden gelesen</translation>
    </message>
    <message>
        <source>Computing region features</source>
        <translation>Merkmale der Regionen werden berechnet</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Scoring all images</source>
        <translation>Alle Bilder werden bewertet</translation>
    </message>
    <message>
        <source>Drag moves the plane, a click opens the image (V)</source>
        <translation>Ziehen verschiebt die Ebene, ein Klick öffnet das Bild (V)</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>Drag a box around points to select them; with Shift, more of them (B)</source>
        <translation>Ein Rechteck um Punkte ziehen, um sie auszuwählen; mit Umschalt weitere (B)</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>Lasso</translation>
    </message>
    <message>
        <source>Draw around points to select them; with Shift, more of them (L)</source>
        <translation>Um Punkte zeichnen, um sie auszuwählen; mit Umschalt weitere (L)</translation>
    </message>
    <message>
        <source>N normal</source>
        <translation>N normal</translation>
    </message>
    <message>
        <source>B benign</source>
        <translation>B benigne</translation>
    </message>
    <message>
        <source>M malignant</source>
        <translation>M maligne</translation>
    </message>
    <message>
        <source>MB both</source>
        <translation>MB beides</translation>
    </message>
    <message>
        <source>no label</source>
        <translation>kein Label</translation>
    </message>
    <message>
        <source>malignant, called</source>
        <translation>maligne, als positiv gewertet</translation>
    </message>
    <message>
        <source>malignant, missed</source>
        <translation>maligne, übersehen</translation>
    </message>
    <message>
        <source>other, called</source>
        <translation>andere, als positiv gewertet</translation>
    </message>
    <message>
        <source>other, not called</source>
        <translation>andere, nicht als positiv gewertet</translation>
    </message>
    <message>
        <source>Turned left to right for display</source>
        <translation>Für die Anzeige links-rechts gespiegelt</translation>
    </message>
    <message>
        <source>Unfinished contour: Enter closes it, Esc discards it</source>
        <translation>Unfertige Kontur: Enter schließt sie, Esc verwirft sie</translation>
    </message>
    <message>
        <source>Research use only. Not for diagnosis.</source>
        <translation>Nur für die Forschung. Nicht zur Diagnose.</translation>
    </message>
    <message>
        <source>No contours yet. Choose a drawing tool and draw around a lesion.</source>
        <translation>Noch keine Konturen. Wählen Sie ein Zeichenwerkzeug, und ziehen Sie um eine Läsion.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Lesionloop&lt;/b&gt;&lt;p&gt;Look at mammograms, draw what is malignant, retrain, and see what to look at next.&lt;p&gt;Research use only. Not for diagnosis.&lt;p&gt;After Bakalo, Goldberger and Ben-Ari: weakly and semi-supervised detection in mammograms with a dual-branch network.</source>
        <translation>&lt;b&gt;Lesionloop&lt;/b&gt;&lt;p&gt;Mammogramme ansehen, Malignes einzeichnen, neu trainieren und sehen, was als Nächstes anzusehen ist.&lt;p&gt;Nur für die Forschung. Nicht zur Diagnose.&lt;p&gt;Nach Bakalo, Goldberger und Ben-Ari: schwach und halb überwachte Detektion in Mammogrammen mit einem Netz aus zwei Zweigen.</translation>
    </message>
    <message>
        <source>several types</source>
        <translation>mehrere Typen</translation>
    </message>
    <message>
        <source>any</source>
        <translation>beliebig</translation>
    </message>
    <message>
        <source>not sure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>other views are needed</source>
        <translation>weitere Aufnahmen nötig</translation>
    </message>
    <message>
        <source>a prior study is needed</source>
        <translation>Voruntersuchung nötig</translation>
    </message>
    <message>
        <source>implant</source>
        <translation>Implantat</translation>
    </message>
    <message>
        <source>later</source>
        <translation>später</translation>
    </message>
    <message>
        <source>motion blur</source>
        <translation>Bewegungsunschärfe</translation>
    </message>
    <message>
        <source>positioning</source>
        <translation>Positionierung</translation>
    </message>
    <message>
        <source>artefact</source>
        <translation>Artefakt</translation>
    </message>
    <message>
        <source>exposure</source>
        <translation>Belichtung</translation>
    </message>
    <message>
        <source>not a mammogram</source>
        <translation>kein Mammogramm</translation>
    </message>
    <message>
        <source>shown from the start</source>
        <translation>von Anfang an gezeigt</translation>
    </message>
    <message>
        <source>shown on request (Ctrl+H)</source>
        <translation>auf Wunsch gezeigt (Strg+H)</translation>
    </message>
    <message>
        <source>hidden until you have decided about the image</source>
        <translation>verborgen, bis Sie über das Bild entschieden haben</translation>
    </message>
    <message>
        <source>test images</source>
        <translation>Testbilder</translation>
    </message>
    <message>
        <source>validation images</source>
        <translation>Validierungsbilder</translation>
    </message>
    <message>
        <source>training images</source>
        <translation>Trainingsbilder</translation>
    </message>
    <message>
        <source>FROC is shown for the project&apos;s own model. That of an evaluation is in the folder&apos;s report.</source>
        <translation>Die FROC wird für das Modell des Projekts gezeigt. Die einer Auswertung steht im Bericht ihres Ordners.</translation>
    </message>
    <message>
        <source>Drag with Box or Lasso to select images; click one to open it.</source>
        <translation>Mit Rechteck oder Lasso ziehen wählt Bilder aus; ein Klick öffnet eines.</translation>
    </message>
    <message>
        <source>Its picture cannot be read: open the image to see why.</source>
        <translation>Sein Bild ist nicht lesbar: Öffnen Sie es, um den Grund zu sehen.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>As stored</source>
        <translation>Wie gespeichert</translation>
    </message>
    <message>
        <source>Logarithm</source>
        <translation>Logarithmus</translation>
    </message>
    <message>
        <source>Logarithm, inverted</source>
        <translation>Logarithmus, invertiert</translation>
    </message>
    <message>
        <source>This image is not raw detector data (For Processing): it has no other display transform.</source>
        <translation>Dieses Bild enthält keine Rohdaten des Detektors (For Processing): Es hat keine andere Darstellung.</translation>
    </message>
    <message>
        <source>There is no box or contour to go to on this image.</source>
        <translation>Auf diesem Bild ist keine Box oder Kontur, zu der man gehen könnte.</translation>
    </message>
    <message>
        <source>No image is open</source>
        <translation>Kein Bild ist geöffnet</translation>
    </message>
    <message>
        <source>Nothing can be drawn on this image: it has many frames and is not used in training. Draw on the 2D view of the same breast.</source>
        <translation>In dieses Bild kann nicht gezeichnet werden: Es hat viele Einzelbilder und wird nicht zum Training verwendet. Zeichnen Sie in die 2D-Aufnahme derselben Brust.</translation>
    </message>
    <message>
        <source>The outline encloses almost nothing, so no contour was made: draw around the whole finding, or zoom in on it first.</source>
        <translation>Der Umriss umschließt fast nichts, deshalb entstand keine Kontur: Umfahren Sie den ganzen Befund, oder zoomen Sie vorher heran.</translation>
    </message>
    <message>
        <source>A contour needs at least three corners: click around the finding, then close it with Enter.</source>
        <translation>Eine Kontur braucht mindestens drei Ecken: Klicken Sie um den Befund herum, und schließen Sie mit Enter.</translation>
    </message>
    <message>
        <source>The contour lies outside the image, so it was not kept: draw on the image.</source>
        <translation>Die Kontur liegt außerhalb des Bildes und wurde nicht behalten: Zeichnen Sie auf dem Bild.</translation>
    </message>
    <message>
        <source>The change was undone: the outline would cross itself there.</source>
        <translation>Die Änderung wurde zurückgenommen: Der Umriss würde sich dort selbst kreuzen.</translation>
    </message>
    <message>
        <source>The change was undone: the contour would enclose almost nothing.</source>
        <translation>Die Änderung wurde zurückgenommen: Die Kontur würde fast nichts umschließen.</translation>
    </message>
    <message>
        <source>The change was undone: the contour would lie outside the image.</source>
        <translation>Die Änderung wurde zurückgenommen: Die Kontur läge außerhalb des Bildes.</translation>
    </message>
    <message>
        <source>The corner was kept: an outline needs at least three. Delete the whole finding instead.</source>
        <translation>Die Ecke blieb: Ein Umriss braucht mindestens drei. Löschen Sie stattdessen den ganzen Befund.</translation>
    </message>
    <message>
        <source>The outline crossed itself: its largest part was kept. Undo removes it if that is not what you meant.</source>
        <translation>Der Umriss kreuzte sich selbst: Sein größter Teil wurde behalten. Rückgängig entfernt ihn, wenn Sie es anders meinten.</translation>
    </message>
</context>
</TS>
