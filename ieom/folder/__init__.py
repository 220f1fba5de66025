"""A mission folder: reading it, saying everything that is wrong with it, making a new one."""
