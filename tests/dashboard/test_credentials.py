"""The page of credentials: what opens, what is missing, and looking again."""

from tests.dashboard.visitor import Visitor

TYPED = "canary-of-what-was-typed"


def test_each_account_tells_its_state_and_never_a_secret(visitor: Visitor) -> None:
    """Status, account, missing permissions and the end of each; only fingerprints of secrets."""
    visitor.enter("/credentials", "operator")
    told = visitor.read("/api/v1/credentials", "operator", customer_id="acme")["data"]
    panel = visitor.panel("Connected accounts")
    assert panel.get_by_role("article").count() == len(told) > 0
    for each in told:
        text = panel.get_by_role("article", name=each["label"], exact=True).inner_text()
        assert each["status"] in text
        assert each["account_id"] in text
        assert each["fingerprint"] in text
        assert all(missing in text for missing in each["permissions_missing"])
    assert "in 9 days" in panel.get_by_role("article", name="small cloud").inner_text()


def test_looking_again_tells_what_came_of_it(visitor: Visitor) -> None:
    """Where Dagster does not answer in time the credential stays as it was, with a remedy."""
    visitor.house.dagster.state.refuse_launch_as = "PythonError"
    visitor.enter("/credentials", "operator")
    account = visitor.panel("Connected accounts").get_by_role("article", name="production")
    with visitor.page.expect_response("**/verify") as answering:
        account.get_by_role("button", name="Verify").click()
    told = answering.value.json()
    visitor.settle()
    said = account.get_by_role("status").inner_text()
    assert said == f"Looked just now: {told['status']}. {told['remedy']}"
    visitor.house.dagster.state.refuse_launch_as = None


def test_the_audit_log_is_told_newest_first(visitor: Visitor) -> None:
    """What was done, by whom and when; which one is open stands in the URL."""
    visitor.enter("/credentials", "operator")
    account = visitor.panel("Connected accounts").get_by_role("article", name="production")
    account.get_by_role("link", name="Audit log").click()
    visitor.settle()
    (credential,) = visitor.page.url.split("credential=")[1].split("&")[:1]
    entries = visitor.read(f"/api/v1/credentials/{credential}/audit", "operator")["data"]
    shown = visitor.table(visitor.panel("Audit log"))
    assert [cells[2] for cells in shown] == [each["actor"] for each in entries[::-1]]


def test_a_key_that_may_not_see_credentials_is_told_so(visitor: Visitor) -> None:
    """The page names the scope that it needs; nothing was asked of the API in vain."""
    visitor.enter("/credentials", "reader")
    assert "credentials:write" in visitor.page.locator("main").inner_text()
    assert not [asked for asked in visitor.watch.asked if "/credentials?" in asked.url]


def test_an_account_is_connected_and_taken_away_again(visitor: Visitor) -> None:
    """What is missing is named; then it stands in the list; its secret is destroyed."""
    visitor.house.dagster.state.refuse_launch_as = "PythonError"
    visitor.watch.expected.add(422)
    visitor.enter("/credentials", "operator", connect="aws")
    form = visitor.panel("Connect an account")
    form.get_by_label("Label").fill("new account")
    form.get_by_label("Access key ID").fill("AKIAEXAMPLE")
    form.get_by_label("Secret access key").fill(TYPED)
    form.get_by_label("Prefix").fill("focus/")
    form.get_by_role("button", name="Connect and verify").click()
    form.get_by_role("alert").wait_for()
    assert "body.credential.cost_export.bucket" in form.get_by_role("alert").inner_text()
    form.get_by_label("Prefix").fill("")
    form.get_by_role("button", name="Connect and verify").click()
    account = visitor.panel("Connected accounts").get_by_role("article", name="new account")
    account.wait_for()
    visitor.settle()
    assert TYPED not in visitor.page.content()
    assert TYPED not in visitor.page.evaluate("JSON.stringify({...localStorage})")
    account.get_by_role("button", name="Remove").click()
    account.get_by_role("button", name="Destroy the secret").click()
    account.wait_for(state="detached")
    told = visitor.read("/api/v1/credentials", "operator", customer_id="acme")["data"]
    assert "new account" not in [each["label"] for each in told]
    visitor.house.dagster.state.refuse_launch_as = None
