"""Speed of tracking beside other trackers."""
