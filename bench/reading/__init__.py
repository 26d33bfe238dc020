"""Reading calendars, and answering from them: against bare requests and other libraries."""
