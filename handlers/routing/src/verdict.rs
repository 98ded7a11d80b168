//! Whether a request may come in, and what is answered if not.

use micro_api::{Error, IntoReply, Reply};

/// What the tokens of a request are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It carries a token that is right, and none that is wrong.
    Granted,
    /// It carries no token.
    Missing,
    /// It carries a token that is wrong.
    Wrong,
}

impl Verdict {
    /// Nothing for a request that may come in.
    ///
    /// # Errors
    ///
    /// The answer to any other: 401 with a challenge (RFC 9110 section 11.6.1), or 403.
    pub(crate) fn admit(self) -> Result<(), Reply> {
        match self {
            Verdict::Granted => Ok(()),
            Verdict::Missing => {
                let why = "there is no admin token: expected `X-Auth-Token: …` or \
                           `Authorization: Bearer …`";
                let reply = Error::new(401, why).into_reply();
                Err(reply.with_header("WWW-Authenticate", "Bearer realm=\"routing\""))
            }
            Verdict::Wrong => Err(Error::new(403, "the admin token is wrong").into_reply()),
        }
    }
}

#[cfg(test)]
mod tests {
    use micro_api::testing::{self, Answer};
    use micro_api::{IntoReply, Reply, Request};

    use super::Verdict;

    fn answer(verdict: Verdict) -> Answer {
        let handler = move |_: Request| -> Reply {
            match verdict.admit() {
                Ok(()) => 204.into_reply(),
                Err(reply) => reply,
            }
        };
        testing::get("/").call(handler)
    }

    #[test]
    fn who_has_a_token_comes_in() {
        assert_eq!(answer(Verdict::Granted).status, 204);
    }

    #[test]
    fn without_a_token_there_is_a_challenge() {
        let answer = answer(Verdict::Missing);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.header("WWW-Authenticate"),
            Some("Bearer realm=\"routing\"")
        );
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        assert_eq!(
            answer.json()["error"],
            "there is no admin token: expected `X-Auth-Token: …` or `Authorization: Bearer …`"
        );
    }

    #[test]
    fn a_wrong_token_is_forbidden() {
        let answer = answer(Verdict::Wrong);
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("WWW-Authenticate"), None);
        assert_eq!(answer.json()["error"], "the admin token is wrong");
    }
}
