"""The functions: parse, authorise, call a flow, answer. One blueprint a file."""
