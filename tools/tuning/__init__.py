"""The search for settings of the tracker that suit annotated videos."""
