"""Telegram, through python-telegram-bot.

Source: https://core.telegram.org/bots/api
"""

import os

# Without it python-telegram-bot 22 warns whenever Telegram asks for a pause; with it durations are
# ``timedelta``s, as they will be in its next major version.
os.environ["PTB_TIMEDELTA"] = "true"
