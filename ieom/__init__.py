"""What an international election observation mission is: rules, records, acts, papers and letters."""

__version__ = "0.1.0"
