//! provisional
pub(crate) struct Name(String);
impl Name {
    pub(crate) fn parse(_what: &str, text: &str, max: usize) -> Result<Name, String> {
        let ok = !text.is_empty()
            && text.len() <= max
            && text != "plans"
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if ok {
            Ok(Name(text.to_owned()))
        } else {
            Err("bad".into())
        }
    }
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}
