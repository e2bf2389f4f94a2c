"""The parts of the fetch benchmark: servers, clients, and the cases that bring them together."""
