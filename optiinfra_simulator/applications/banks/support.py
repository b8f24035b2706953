"""What support.assistant says: it answers customers of a shop from its help pages."""

from optiinfra_simulator.applications.banks.bank import Bank, Fact, Topic

RETURNS = Topic(
    "Returns",
    (
        Fact(
            ask="How long do I have to send something back?",
            said="Goods can be returned within 30 days of delivery.",
            supported="You can return your purchase within 30 days of delivery.",
            contradicted="You can return your purchase within 90 days of delivery.",
            absent="Members of our club have a whole year for returns.",
        ),
        Fact(
            ask="Who pays for the parcel?",
            said="Return labels are free within the country; from abroad the sender pays.",
            supported="The label for a return within the country is free.",
            contradicted="The label for a return within the country costs 7 dollars.",
            absent="A courier picks the parcel up at your door before noon.",
        ),
        Fact(
            ask="When do I get my money back?",
            said="Refunds are made five working days after the parcel reaches our warehouse.",
            supported="Your refund is made five working days after the parcel reaches us.",
            contradicted="Your refund is made on the day on which you ask for it.",
            absent="Refunds above 500 dollars are paid in two parts.",
        ),
    ),
)
DELIVERY = Topic(
    "Delivery",
    (
        Fact(
            ask="How many days does standard delivery take?",
            said="Standard delivery takes three to five working days.",
            supported="Standard delivery takes three to five working days.",
            contradicted="Standard delivery takes one working day.",
            absent="Drivers ring twice and wait for ten minutes.",
        ),
        Fact(
            ask="What does express delivery cost?",
            said="Express delivery costs 12 dollars and arrives on the next working day.",
            supported="Express delivery costs 12 dollars.",
            contradicted="Express delivery is free of charge for everybody.",
            absent="Express parcels travel by electric van in all large cities.",
        ),
        Fact(
            ask="Can I change the address after I ordered?",
            said="The address can be changed until the parcel leaves the warehouse.",
            supported="You can change the address until the parcel leaves the warehouse.",
            contradicted="The address can never be changed once you have ordered.",
            absent="A changed address is confirmed by a letter on paper.",
        ),
    ),
)
WARRANTY = Topic(
    "Warranty",
    (
        Fact(
            ask="How long is the warranty?",
            said="Every device has a warranty of two years from the date of purchase.",
            supported="The warranty lasts two years from the date of purchase.",
            contradicted="The warranty lasts six months from the date of purchase.",
            absent="The warranty can be inherited by the owner's family.",
        ),
        Fact(
            ask="Does it cover water damage?",
            said="Damage by water is not covered by the warranty.",
            supported="Damage by water is not covered.",
            contradicted="Damage by water is covered as well.",
            absent="Damage by frost is repaired at half the price.",
        ),
        Fact(
            ask="What do I need for a claim?",
            said="A claim needs the receipt and the serial number of the device.",
            supported="For a claim you need the receipt and the serial number.",
            contradicted="For a claim you need neither a receipt nor a serial number.",
            absent="Claims are decided by a panel of three engineers.",
        ),
    ),
)
ACCOUNT = Topic(
    "Your account",
    (
        Fact(
            ask="How do I change my password?",
            said="The password is changed on the page Security after confirming by e-mail.",
            supported="You change the password on the page Security and confirm by e-mail.",
            contradicted="The password can only be changed by our staff on the telephone.",
            absent="Passwords are checked against a list of two billion leaked ones.",
        ),
        Fact(
            ask="How do I delete my account?",
            said="An account is deleted 14 days after the request, on the page Privacy.",
            supported="Your account is deleted 14 days after you ask for it on the page Privacy.",
            contradicted="Your account is deleted within one hour of your request.",
            absent="Deleted accounts can be bought back for a small fee.",
        ),
        Fact(
            ask="Can two people share an account?",
            said="An account belongs to one person and must not be shared.",
            supported="An account belongs to one person and must not be shared.",
            contradicted="An account may be shared by up to five people.",
            absent="Families get a common account on their anniversary.",
        ),
    ),
)

BANK = Bank(
    application="support.assistant",
    instructions="You answer customers of the shop from the help pages below, in plain words.",
    sourced=True,
    topics=(RETURNS, DELIVERY, WARRANTY, ACCOUNT),
    off_topic=(
        "Our spring collection has lovely new colours this week.",
        "Many people enjoy reading our magazine about design.",
        "We are always looking for photos of happy customers.",
        "Have you seen the new app with its friendly mascot?",
        "Our gift cards make a fine present for any occasion.",
    ),
    openings=("Thank you for your message.", "Happy to help with that.", "Good question."),
    closings=(
        "Write to us again if anything is unclear.",
        "Is there anything else I can do for you?",
        "Have a good day.",
    ),
    declines=(
        "I could not find that in our help pages.",
        "Our help pages do not say anything about that, so I would rather not guess.",
    ),
    padding=(
        "This page was last checked by the service team.",
        "The same rules hold for orders by telephone.",
    ),
)
