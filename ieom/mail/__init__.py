"""What is sent: letters, the outbox, and the sender on yagmail."""
