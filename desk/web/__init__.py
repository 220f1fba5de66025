"""The desk: where the secretariat runs a mission in a browser, and people decide."""
