"""How well appearance models match detections and tracklets."""
