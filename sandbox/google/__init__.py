"""Google's services: sign-in, Calendar v3, push channels."""
