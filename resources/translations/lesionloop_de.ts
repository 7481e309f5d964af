<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_GB">
<context>
    <name></name>
    <message>
        <source>Something went wrong</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesionloop made a mistake and could not finish the last action. Everything that was finished before is saved; you can go on working.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If it happens again, please send the details. They are also in {log_path}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the demo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of the demo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a new or empty folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} holds other files. Choose a new or empty folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawing synthetic mammograms ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawing synthetic mammogram {done} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The demo is synthetic: computed pictures with the parts of a mammogram, not anyone&apos;s. No number seen on it says anything about real breasts. It takes about a second an image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The demo was not finished.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The demo cannot be made: {value}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {image_name} ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The reading time of the last image was not kept. {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is drawn on {image_name}. Choose &apos;Nothing to draw&apos; (X) or &apos;Skip&apos; (S), or press N to go on without a decision.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is hidden in this sitting until you have decided about the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Point at a box of the model first, or go to one with J.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This contour is {owner}&apos;s and stays as it is. In the review, draw your own: it settles the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The unfinished contour is in this window only. {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import images...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open project...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make synthetic mammograms and go through the whole loop with them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No project is open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A project is a folder that keeps labels, contours and models; your images stay where they are. Import mammograms (DICOM, PNG, TIFF, PGM) with a table of labels, open a project that you have, or make the demo: synthetic mammograms to try everything on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This project holds no images yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a folder of mammograms (DICOM, PNG, TIFF, PGM) together with a table of labels: a CSV file with the columns file and patient, and if you have them laterality, view, label, birads and spacing_mm.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export annotations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Split</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With images on which there is nothing to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With images on which nothing is drawn yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder to export to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} with {count2}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, {empty_count} without any</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; {count} cannot be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Findings drawn by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class of findings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type of findings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label of images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only the {count} selected in the plane</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images are named by their pseudonymous keys, never by file name or patient. The images themselves are not copied.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written to {folder}: {count}, {count2}, {verified_empty} without any.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note on this finding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write no names: notes are exported when asked for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Same lesion as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link this finding with the same lesion in another view of this patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unlink</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{reader}, version {version}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Imported with the data set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adjudicated by {who}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawn by {who}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a box of model {number}, as it is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from a box of model {number}, IoM {iom}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Same lesion: {names}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You looked, and there is nothing malignant to draw (X)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Skip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave this image undecided; it is not listed again (S)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unusable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image cannot be read and is not to be learned from; say why (U)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>BI-RADS of this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>BI-RADS category of this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the readers say of this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done, next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep this image as annotated and open the next one (Ctrl+Enter)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the selected finding; it can be undone (Delete)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No image is open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;{image_name}&lt;/b&gt; &amp;middot; label: {label} &amp;middot; {split} set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calibrated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not calibrated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No contours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Findings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Findings of this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} image{value}, {images} hung</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{words}, {unplaced} without side or view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no earlier study of this patient with a known date.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> or </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mouse and drawing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>  {view_name} (from the table of labels)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>  EARLIER STUDY</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{place}, earlier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} is not the file that was imported. Put that one back, or import it where it is now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DICOM, PNG, TIFF or PGM files, subfolders included</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table of labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tables (*.csv *.tsv *.txt)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV with the columns file and patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>COCO file of known contours; may stay empty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading {to_inspect} files ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, {duration} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading file {done} of {total}{left}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The import was cancelled. Nothing was imported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{last} Nothing was imported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The import ended unexpectedly. Nothing was imported. Last lines:
{tail}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Storing ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} added</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{already_there} already there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{not_inspected} not read yet: import again to go on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{failed} failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelling ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images stay where they are. The table has one row a file; its columns are file, patient and, where known, laterality, view, label (N, B, M, MB), birads, spacing_mm. Without a table, nothing is labelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why it failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files that failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press the new key here; Backspace takes it away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find an action or a key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it here instead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual keys for this action</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual keys for all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{key} is the key of &apos;{action}&apos;. Press another, or use it here instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{key} cannot be given away: the image and the lists need it. Press another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Second key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Actions and their keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Action</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Regions: {counts} M, {counts2} ignored, {counts3} BN</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{text}. This contour meets no region: is it on the breast?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{text}. This contour makes no region malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x {x:.0f}  y {y:.0f}  value {value:.0f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability plane</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Overlays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Research use only. Not for diagnosis.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class of new contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class of the contours you draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the heatmap shows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the heatmap shows: the score d of Eq. 13, or one of its parts (Shift+H for the next)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opacity of the heatmap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Boxes of the model on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the model marks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is shown on request: Ctrl+H.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is hidden until you have decided about this image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model yet: nothing is scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {number}, {date}: not scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {number}, {date}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{model}: every region is below the threshold of {least}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show what model {number} marks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>d = p_cls x p_det (Eq. 13). Press to look at it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep model {current}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {model_id} is in use{again}. The worklist is ranked by it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {candidate} was not taken. It stays in the list of models (Ctrl+M).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipe of the selected model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new model may be less than this much worse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How sure that must be: level of the one-sided test</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>use such a model without asking</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new model is not worse if it is shown to lose less than</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go back to model {former}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use model {model}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no model yet: press Retrain.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> To be used, it must score the images anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;Model {model}.&lt;/b&gt; {verdict_text}{scores_first}&lt;br&gt;{data}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipe: {flowing}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at level</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What it learnt from was not recorded: it was made by an older Lesionloop.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learnt from {train_images} training images, chosen on {validation_images} validation images, with {test_images} test images apart. Data {snapshot}, split {split_hash}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file does not tell side and view of this image. Which are they?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image is {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arrow keys go from point to point, Enter opens the image, Space selects it, Escape clears.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no decision areas: no image has been scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SVM on {learned:,} training images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (drawn from {of:,})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{says}, one for each of {folds} folds. Choose a fold to see it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No FROC: none of these malignant images has a contour. Draw what is malignant on them, or import contours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{without:,} malignant images without a contour are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fold {fold}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no fold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{right:,} of {sum:,} in the area of their class. {says}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} images that are {class_words} and lie in the area of {class_words2}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{told}: {share:.0%} of the {class_words} ones. Click to select them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the area of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>true</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{text} with the mouse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole plane</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the whole plane (F, or double-click)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the {split} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A panel for each part of the study, or all in one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SVM areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shade where a kernel SVM would say N, B or M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points below the threshold of p(malignant) are hollow: not called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Moves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arrows from where the previous model put the images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What colours and symbols mean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open evaluation...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at the predictions of a folder that `lesionloop evaluate --out` wrote</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipe of the evaluation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed of the evaluation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fold of the evaluation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the evaluation and show the project&apos;s own model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Evaluation {folder}:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seed {seed}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all folds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make worklist</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>List the selected images alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the annotations of exactly these images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select nothing (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arrow keys move the operating point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag the point along the curve, or move it with the arrow keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} has no column {missing}. Choose a folder that `lesionloop evaluate --out` wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} is no evaluation: there is no {file} in it. Choose a folder that `lesionloop evaluate --out` wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} cannot be read. Evaluate again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} cannot be shown: {file} holds no prediction yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Line {line_num} of {file} cannot be understood: the evaluation was not opened. Evaluate again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Legend</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show {category}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide: {category}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learning the decision areas ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No image has been scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the region scores ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No FROC: no malignant image with a contour is called at this threshold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The {longest} longest moves of {known:,} {of} images.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{longest} of {among:,} {of} images moved by {smallest:g} or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{unknown:,} predictions of {evaluation} are of images that are not in this project: they are not shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An evaluation has no model before it: there are no moves to show.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no model before the current one: there are no moves to show.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What model {former} said of these images is no longer kept: there are no moves to show.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From model {former}: {told}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No image has been scored yet. Press Retrain.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No prediction.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> ({selected:,} points)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{images:,} {word} selected{points}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
{others:,} more at this place: zoom in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open evaluation (the folder that it was written to)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{others:,} images had another label when {folder} was evaluated: either labels have changed since, or it is an evaluation of another project, and its points are not of the images shown here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images that are measured on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability of malignancy from which an image is called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images at this p(malignant) or above are called malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At {operating_sensitivity:.0%} sensitivity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The paper&apos;s operating point: the highest threshold that reaches it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ROC curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 - specificity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sensitivity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FROC curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>false positive regions a called image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No ROC curve: it needs scored images that are malignant, and others that are not.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No image of this choice has been scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FROC: sensitivity {sensitivity:.3f} at {fppi:.2f} FPPI (regions from {threshold:.3f})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Called from p(M)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{called:,} of {total:,} images called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sensitivity {sensitivity:.3f} ({true_positive:,} of {positive:,})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>specificity {specificity:.3f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p(malignant) {x:.3f}   p(benign) {y:.3f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{where} image of fold {fold}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, in the area of {class_words}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>decision: {decision}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {model}, {method}: {scored:,} of {of:,} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calibration: as the evaluation&apos;s recipe says; its report tells.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not calibrated: read the probabilities as an order, not as risks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> on {images} validation images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calibrated by temperature scaling ({named}){on}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of the new project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test patients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Validation patients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed of the dealing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test patients are never trained on. Patients are dealt whole, once, when they are imported. Your images stay where they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>your name or initials</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is shown of the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who is reading? The name is kept with every contour and decision. There is no password: it says whose work this is, and keeps nobody out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open read-only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This sitting is not recorded. {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you do is not being recorded at the moment. {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting {method} on {images} ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Going on with {method} ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A training is at work: use another model when it has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {model_id} scores the images ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training was cancelled. Nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> Last lines: {lines}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training ended unexpectedly. Nothing was changed.{tail}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training failed by a mistake of Lesionloop&apos;s own. Nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training was stopped before there was anything to keep. Nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The results could not be read by a mistake of Lesionloop&apos;s own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weak labels only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{images_scored} images scored. Nothing on screen has changed: it is a candidate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model {model} is trained on {drawn}. {told}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discard</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The interrupted training was discarded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 annotated image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} annotated images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No reader has worked on this image yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>IoM {iom:.2f}, Dice {dice:.2f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{first} and {second} without a partner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{flips} of {regions} regions turn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing to compare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size of the text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That of the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours and boxes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual: contours red and grey, boxes blue and green</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For every colour vision (Okabe and Ito)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heatmap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Viridis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cividis (for every colour vision)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inferno</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Look</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size of the &amp;text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>L&amp;anguage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mammogram lies on black in both looks. Another language is spoken when Lesionloop is started again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Contours and boxes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Heatmap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours are drawn in full lines and boxes in dashed ones, with their class as a letter, whatever the colours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sample of the colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>contour M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>contour B</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>box M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>box B</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not in a sitting in which the model is hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused: no time is counted. Choose Image, Pause to go on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Review: the contours of all readers. What you draw now settles the image; theirs stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its side or view is not known, so it hangs alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open {image}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AUROC, malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;span style=&apos;color:{training_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; training &amp;nbsp; &lt;span style=&apos;color:{validation_curve}&apos;&gt;&amp;#9644;&lt;/span&gt; validation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train on the contours drawn so far, rescore all images, rank the worklist anew</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop early (keep)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End training now and keep the best model so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End now and change nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every model, what it is worth, and who put it to use (Ctrl+M)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the model again that was in use before, and rank the worklist by it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;No model yet&lt;/b&gt;&lt;br&gt;Press Retrain to train on the weak labels and rank the worklist.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>contours on {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;Model {model}&lt;/b&gt; &amp;middot; {method}&lt;br&gt;&lt;span style=&apos;color:{dim_text}&apos;&gt;trained {when}&lt;br&gt;{drawn}&lt;br&gt;probabilities {calibrated}&lt;/span&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Storing the results ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopping; the best model so far is kept ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{value} min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{per_second:.0f} {unit}s a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calibrated on validation images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 finding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} findings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 contour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>side ?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>view ?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SYNTHETIC: no patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For Processing: raw detector data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lossy compression</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>8 bit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame 1 of {frames}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>  (below 1:1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: heatmap, {heatmap_class}{what}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no region scores {least_score} or more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: {text}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: not scored</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All overlays are hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours are hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>window {index}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>  inverted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dashed boxes, M orange, B green</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dashed boxes, M blue, B green</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> at detector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mammogram</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>True size needs the spacing of the pixels, which this file does not tell.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>True size needs the size of the screen, which the screen does not tell.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{place}, {caption}. Tool: {tool}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Viewer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image cannot be shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The study has no such image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cannot be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>skipped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{contours} contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{known}. Rank {rank}: {rank_reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rank: 1 is worth your time most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pseudonymous key of the patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Side and projection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label of the whole image: N, B, M or both</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability of a malignant finding, by the model in use; {value}calibrated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What has been done; ✓ where a reader says that all is drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which images are listed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find patient, view, state</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text that a listed image must contain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>List all images again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{images:,} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} selected in the plane  ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} selected in the plane. Press to list all images again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{listed} of {total} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The project was not opened: contours and decisions need a reader&apos;s name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>read-only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} — {who} — Lesionloop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the last image of the list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the last study of the list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the first image of the list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open project (its folder)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours from before that are not closed yet: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Lesionloop</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>data</name>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New project...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open project...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import images...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export annotations...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change reader...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys, colours, language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the last change back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do it again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept the model&apos;s box</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make a finding of the box under the pointer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete finding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the selected finding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the next image of the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the previous image of the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Skip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unusable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image is not to be learned from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No time is counted until you go on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Review all readers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the contours and decisions of all readers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done, next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pan, zoom and select</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window / level</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag for contrast and brightness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw freehand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag around a lesion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw polygon</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click points; double-click or Enter closes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit contour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag the points of the selected contour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ruler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag to measure; Esc takes the line away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Invert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Swap black and white</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the image&apos;s own window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the whole image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One to one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One image pixel a screen pixel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>True size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As large as the breast is, by the file&apos;s spacing and the screen&apos;s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turn left to right</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For display only; the corner says so</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file&apos;s next window or VOI LUT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Four views</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>R CC, L CC over R MLO, L MLO</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CC pair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both CC views</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLO pair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both MLO views</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Four in a row</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All four views side by side</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Single view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The open image alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earlier study above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The patient&apos;s last study before this one, in the same order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link zoom and pan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All views move together, left and right mirrored</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the overview through each view at 1:1, then to the next study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heatmap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the model sees malignancy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s strongest regions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What readers have drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go to the next part of the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>List, image, findings, training: the keys go there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Regions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid with the label of each region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide all overlays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing over the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next part of the heatmap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score, p_cls, p_det or the selection, of M and B</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next mark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look closely at the next box or contour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous mark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look closely at the box or contour before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the probability plane</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train on the contours drawn so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the model on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the sitting shows it on request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go back to the former model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Lesionloop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Right button</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window and level, with any tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Middle button, or Space</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pan, with any tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Z, held</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Magnifier at the pointer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Double click</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Between fit and one to one (Browse)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give up the contour being drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the polygon being drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take back the polygon&apos;s last point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>annotated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>skipped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>benign</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unspecified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mass</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>distortion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>asymmetry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>train</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>validation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>test</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To annotate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With contours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>COCO (contours.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV tables (images, findings, regions)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>True class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finding type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Call at the threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>candidate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>was in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not taken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p(M)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>normal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>malignant and benign</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of the model; the newest stands first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which model is in use, and which wait for a decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trained</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When its results came in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Method</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of the paper&apos;s family, and the recipe&apos;s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images whose contours it learnt from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AUROC</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Malignant against the rest on test patients, with 95 % interval, when it came in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FROC at 1 FPPI</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sensitivity at one false positive region an image, with 95 % interval, where contours were known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calibrated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether its probabilities were calibrated on validation images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decided by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who put it to use or did not, and when</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Computing region features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scoring all images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag moves the plane, a click opens the image (V)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Box</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag a box around points to select them; with Shift, more of them (B)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw around points to select them; with Shift, more of them (L)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N normal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>B benign</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>M malignant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MB both</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>malignant, called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>malignant, missed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other, called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other, not called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turned left to right for display</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unfinished contour: Enter closes it, Esc discards it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Research use only. Not for diagnosis.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No contours yet. Press D and draw around a lesion.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;Lesionloop&lt;/b&gt;&lt;p&gt;Look at mammograms, draw what is malignant, retrain, and see what to look at next.&lt;p&gt;Research use only. Not for diagnosis.&lt;p&gt;After Bakalo, Goldberger and Ben-Ari: weakly and semi-supervised detection in mammograms with a dual-branch network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>several types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>any</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
