"""Files and rows into core objects, and back; the only place with SQL."""
