"""The pictures of the documents, and the crossing that they and a notebook show."""
