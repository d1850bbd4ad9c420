"""A Bitrix24 portal and a chat on your own machine."""
