"""Where people act: the command line here, the web desk later."""
