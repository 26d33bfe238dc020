"""The model and every decision. No I/O, no clock, nothing of Azure or of a provider."""
