"""What leaves for the CRM: signing and sending."""
