"""What ops.triage says: it helps people on call to read an incident, without any documents."""

from optiinfra_simulator.applications.banks.bank import Bank, Fact, Topic

LINUX = Topic(
    "Linux",
    (
        Fact(
            ask="What does exit code 137 of a container mean?",
            supported="Exit code 137 means that the process was killed by signal 9.",
            contradicted="Exit code 137 means that the process ended without any error.",
        ),
        Fact(
            ask="Which signal can a process not catch?",
            supported="SIGKILL cannot be caught by a process.",
            contradicted="SIGKILL is caught and ignored by most processes.",
        ),
        Fact(
            ask="What does a load average of 8 on a machine with 4 cores tell?",
            supported="A load of 8 on 4 cores means that tasks wait for processors or disks.",
            contradicted="A load of 8 on 4 cores means that the machine is idle.",
        ),
    ),
)
HTTP = Topic(
    "HTTP",
    (
        Fact(
            ask="What does status 503 mean?",
            supported="Status 503 means that the service is unavailable for now.",
            contradicted="Status 503 means that the request was a complete success.",
        ),
        Fact(
            ask="Is a retry of a GET request safe?",
            supported="GET requests are meant to be safe to repeat.",
            contradicted="A repeated GET request deletes the resource by definition.",
        ),
        Fact(
            ask="What does status 429 ask me to do?",
            supported="Status 429 asks the client to send fewer requests.",
            contradicted="Status 429 asks the client to send more requests.",
        ),
    ),
)
DATABASES = Topic(
    "Databases",
    (
        Fact(
            ask="What does an index do to writes?",
            supported="Every index makes writes somewhat slower.",
            contradicted="Every index makes writes ten times faster.",
        ),
        Fact(
            ask="What is a deadlock?",
            supported="A deadlock is two transactions that wait for each other's locks.",
            contradicted="A deadlock is a disk that has run out of electricity.",
        ),
        Fact(
            ask="What does a replica lag of ten seconds mean?",
            supported="A lag of ten seconds means that the replica shows data ten seconds old.",
            contradicted="A lag of ten seconds means that the replica is ahead of the primary.",
        ),
    ),
)
NETWORKS = Topic(
    "Networks",
    (
        Fact(
            ask="Which port does HTTPS use by default?",
            supported="HTTPS uses port 443 by default.",
            contradicted="HTTPS uses port 21 by default.",
        ),
        Fact(
            ask="What does DNS translate?",
            supported="DNS translates names into addresses.",
            contradicted="DNS translates English into binary code.",
        ),
        Fact(
            ask="Does UDP guarantee delivery?",
            supported="UDP does not guarantee that datagrams arrive.",
            contradicted="UDP guarantees that every datagram arrives exactly once.",
        ),
    ),
)

BANK = Bank(
    application="ops.triage",
    instructions="You help engineers on call. Be brief and say what to look at first.",
    sourced=False,
    topics=(LINUX, HTTP, DATABASES, NETWORKS),
    off_topic=(
        "The coffee machine on the second floor has been repaired.",
        "Team lunches are a good way to get to know each other.",
        "The parking garage closes at ten in the evening.",
        "A walk around the block clears the head.",
    ),
    openings=("Looking at this now.", "In short.", "First things first."),
    closings=("Page me again if it gets worse.", "Check the dashboard next.", "Keep an eye on it."),
)
