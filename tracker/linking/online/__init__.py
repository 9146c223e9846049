"""The online tracker by linear program: with each frame, only what its detections can change is solved again."""
