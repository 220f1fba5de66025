"""What the public sees: the newsroom, the page that checks a paper, the page to unsubscribe; and the page behind an
approver's link."""
