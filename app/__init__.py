"""The window and the command line: show, ask, pass intents on."""
