"""One message tree, many dialects."""
