"""Icons, texts and small data files that ship with the program."""
