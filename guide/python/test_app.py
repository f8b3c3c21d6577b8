# [test]
from app import app
from fastapi.testclient import TestClient


def test_says_hello() -> None:
    response = TestClient(app).get("/hello")
    assert response.status_code == 200
    assert response.json() == {"message": "hello"}


# [/test]
