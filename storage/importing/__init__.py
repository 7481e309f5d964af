"""Images, labels and contours of others, into a project: folder (plan, finish), labels_csv, coco."""
