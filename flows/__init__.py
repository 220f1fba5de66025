"""When: the mission flow reads as the timeline."""
