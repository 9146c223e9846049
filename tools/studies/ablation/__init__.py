"""The contribution of each part: training and scoring of variants."""
