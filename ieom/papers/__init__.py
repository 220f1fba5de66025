"""What is written: statement, press release, notes verbales, calendar invitations."""
