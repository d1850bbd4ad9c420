"""What a person typed, and what they want."""
