"""Bitrix24, through its REST interface."""
