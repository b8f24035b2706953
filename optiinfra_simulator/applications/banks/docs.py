"""What docs.copilot says: it answers developers from the manual of a message broker."""

from optiinfra_simulator.applications.banks.bank import Bank, Fact, Topic

QUEUES = Topic(
    "Queues",
    (
        Fact(
            ask="What is the largest message that a queue takes?",
            said="A message may be at most 256 KB large.",
            supported="A message may be at most 256 KB large.",
            contradicted="A message may be up to 64 MB large.",
            absent="Messages above a tenth of the limit are compressed with a dictionary.",
        ),
        Fact(
            ask="How long are messages kept?",
            said="Messages are kept for seven days unless the queue says otherwise.",
            supported="Messages are kept for seven days by default.",
            contradicted="Messages are kept for ever by default.",
            absent="Messages of trial accounts are moved to tape every Sunday.",
        ),
        Fact(
            ask="Is the order of messages preserved?",
            said="Order is preserved within a partition and not across partitions.",
            supported="Order is preserved within one partition only.",
            contradicted="Order is preserved across all partitions of a queue.",
            absent="The order can be reversed with the flag --backwards.",
        ),
    ),
)
CLIENTS = Topic(
    "Clients",
    (
        Fact(
            ask="How often does the client retry?",
            said="The client retries three times with growing pauses and then raises an error.",
            supported="The client retries three times and then raises an error.",
            contradicted="The client retries without end and never raises an error.",
            absent="Retries are free of charge on the third Monday of a month.",
        ),
        Fact(
            ask="Is the client safe to use from many threads?",
            said="A client is safe for use by many threads; a session is not.",
            supported="A client is safe for use by many threads.",
            contradicted="A client must never be used by more than one thread.",
            absent="Threads beyond the eighth are parked in a separate process.",
        ),
        Fact(
            ask="Which port does the client connect to?",
            said="Clients connect to port 5673 with TLS.",
            supported="The client connects to port 5673 with TLS.",
            contradicted="The client connects to port 80 without TLS.",
            absent="Port 5999 is reserved for measurements by the vendor.",
        ),
    ),
)
ACCESS = Topic(
    "Access",
    (
        Fact(
            ask="How long is a token valid?",
            said="Tokens are valid for one hour and can be renewed for a day.",
            supported="A token is valid for one hour.",
            contradicted="A token is valid for one year.",
            absent="Tokens that were issued at night carry a longer signature.",
        ),
        Fact(
            ask="Which role may create queues?",
            said="Queues are created by the role editor; the role reader cannot.",
            supported="The role editor may create queues.",
            contradicted="The role reader may create queues.",
            absent="The role gardener removes queues that nobody waters.",
        ),
        Fact(
            ask="Are requests logged?",
            said="Every request that changes something is kept in the audit log for a year.",
            supported="Requests that change something are kept in the audit log for a year.",
            contradicted="Requests are not logged anywhere.",
            absent="The audit log is printed and stored in a mountain.",
        ),
    ),
)
CLUSTERS = Topic(
    "Clusters",
    (
        Fact(
            ask="How many brokers do I need at least?",
            said="A cluster needs at least three brokers.",
            supported="You need at least three brokers.",
            contradicted="You need at least nine brokers.",
            absent="Brokers of the same colour elect each other twice as fast.",
        ),
        Fact(
            ask="What happens when a broker fails?",
            said="When a broker fails, its partitions move to the others within 30 seconds.",
            supported="Its partitions move to the other brokers within 30 seconds.",
            contradicted="Its partitions are lost and have to be restored by hand.",
            absent="A failed broker sends a postcard to the operators.",
        ),
        Fact(
            ask="Can I upgrade without downtime?",
            said="Brokers are upgraded one by one without downtime.",
            supported="You upgrade the brokers one by one without downtime.",
            contradicted="An upgrade needs the whole cluster to be stopped.",
            absent="Upgrades on Fridays are announced on the radio.",
        ),
    ),
)

BANK = Bank(
    application="docs.copilot",
    instructions="You answer questions of developers from the manual. Say so where it is silent.",
    sourced=True,
    topics=(QUEUES, CLIENTS, ACCESS, CLUSTERS),
    off_topic=(
        "Our community meets every month for pizza and talks.",
        "The mascot of the project is a small grey pigeon.",
        "You might enjoy the keynote of our last conference.",
        "Stickers are available at the front desk of the office.",
    ),
    openings=("Here is what the manual says.", "Sure.", "Let me look that up."),
    closings=("Tell me if you want an example.", "I hope that helps.", "Shall I go into detail?"),
    declines=(
        "The manual does not answer this.",
        "I found nothing in the manual about this, so I cannot say.",
    ),
    padding=("Examples are found in the appendix.", "This chapter applies to version 7 and later."),
)
