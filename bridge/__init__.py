"""The core of b24bridge: rules and values, without network, database or framework."""
