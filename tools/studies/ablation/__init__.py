"""What each part contributes: training and scoring of variants."""
