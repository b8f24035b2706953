"""What shop.search says: it helps people who look for something, without any documents."""

from optiinfra_simulator.applications.banks.bank import Bank, Fact, Topic

COFFEE = Topic(
    "Coffee",
    (
        Fact(
            ask="At what temperature does water boil for coffee at sea level?",
            supported="At sea level water boils at 100 degrees Celsius.",
            contradicted="At sea level water boils at 70 degrees Celsius.",
        ),
        Fact(
            ask="Does an espresso need a finer grind than a French press?",
            supported="An espresso needs a finer grind than a French press.",
            contradicted="A French press needs a far finer grind than an espresso.",
        ),
        Fact(
            ask="Which contains more caffeine, arabica or robusta?",
            supported="Robusta beans contain more caffeine than arabica beans.",
            contradicted="Robusta beans contain no caffeine at all.",
        ),
    ),
)
OUTDOOR = Topic(
    "Outdoor",
    (
        Fact(
            ask="Does down keep warm when it is wet?",
            supported="Down loses most of its warmth when it gets wet.",
            contradicted="Down gets warmer the wetter it is.",
        ),
        Fact(
            ask="In which direction does a compass needle point?",
            supported="A compass needle points towards magnetic north.",
            contradicted="A compass needle always points towards the sun.",
        ),
        Fact(
            ask="Is merino a kind of wool?",
            supported="Merino is a fine wool from sheep.",
            contradicted="Merino is a plastic that is made from petroleum.",
        ),
    ),
)
BIKES = Topic(
    "Bicycles",
    (
        Fact(
            ask="How many inches are the wheels of a common road bike?",
            supported="Common road bikes have wheels of about 28 inches.",
            contradicted="Common road bikes have wheels of about 12 inches.",
        ),
        Fact(
            ask="Do I need to oil the chain?",
            supported="A bicycle chain needs oil from time to time.",
            contradicted="A bicycle chain must never be oiled because oil dissolves steel.",
        ),
        Fact(
            ask="Is carbon lighter than steel?",
            supported="A carbon frame is usually lighter than a steel frame.",
            contradicted="A carbon frame weighs ten times as much as a steel frame.",
        ),
    ),
)
CAMERAS = Topic(
    "Cameras",
    (
        Fact(
            ask="What does a small f-number mean?",
            supported="A small f-number means a wide aperture that lets in more light.",
            contradicted="A small f-number means that no light comes in at all.",
        ),
        Fact(
            ask="Is a full-frame sensor larger than APS-C?",
            supported="A full-frame sensor is larger than an APS-C sensor.",
            contradicted="A full-frame sensor is half the size of an APS-C sensor.",
        ),
        Fact(
            ask="Do raw files take more space than JPEG files?",
            supported="Raw files take more space than JPEG files.",
            contradicted="Raw files take no space on the card.",
        ),
    ),
)

BANK = Bank(
    application="shop.search",
    instructions="You help visitors of the shop to find what they need. Answer in a few sentences.",
    sourced=False,
    topics=(COFFEE, OUTDOOR, BIKES, CAMERAS),
    off_topic=(
        "The weather in the mountains is pleasant in September.",
        "Chess is a game that many people learn as children.",
        "A good playlist makes any evening better.",
        "Our founders met at a bus stop in the rain.",
        "Tulips come in more colours than most people think.",
    ),
    openings=("Sure.", "Let me help you choose.", "Here is the short version."),
    closings=("Shall I show you some offers?", "Do you want to see more?", "Enjoy your search."),
)
