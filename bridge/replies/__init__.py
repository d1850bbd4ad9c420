"""What the bot answers."""
