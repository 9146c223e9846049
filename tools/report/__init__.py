"""The report: one HTML file that shows tracks over their video, why they were linked, and what to look at first."""
