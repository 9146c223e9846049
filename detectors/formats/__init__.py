"""Files of boxes in the formats that people have: MOT text, CSV, JSON lines, COCO JSON, YOLO folders, KITTI text.

`read.read_boxes` recognises the format and reads the file; everything else here serves it.
"""
