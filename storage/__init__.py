"""What the bridge remembers: SQLModel on SQLite."""
