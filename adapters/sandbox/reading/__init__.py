"""The steps in which a message is read: server, blocks, tokens, pairs, canvas."""
