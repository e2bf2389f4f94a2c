"""What sources are made of: the interface, reading links and answers strictly, and shapes that several share."""
