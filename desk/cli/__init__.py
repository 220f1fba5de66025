"""The command line: every act of a person, and the pictures of where a mission stands."""
