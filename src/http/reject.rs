//! Why a request is refused: status and sentence together.

/// A reason to refuse a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// The request line is not `method target version`.
    RequestLine,
    /// More empty lines before the request line than we are ready to skip.
    LeadingLines,
    /// A line ends in LF without CR.
    BareLf,
    /// A CR is not followed by LF.
    BareCr,
    /// A field line begins with a blank.
    FoldedLine,
    /// A field name is no token, or no colon follows it at once.
    FieldName,
    /// A field value holds a control character.
    FieldValue,
    /// The request target is of no form that its method allows.
    Target,
    /// HTTP/1.1 without Host.
    HostMissing,
    /// Host twice.
    HostRepeated,
    /// The value of Host, or of the target's authority, is not `host` or `host:port`.
    HostInvalid,
    /// Content-Length is no decimal number that we can count to.
    ContentLength,
    /// Content-Length twice, also if they agree.
    ContentLengthRepeated,
    /// Content-Length and Transfer-Encoding.
    TwoFramings,
    /// Transfer-Encoding does not end in a single `chunked`.
    TransferEncoding,
    /// Transfer-Encoding in HTTP/1.0.
    TransferEncodingVersion,
    /// A transfer coding below `chunked` that we do not know.
    TransferCoding,
    /// A chunk size is no hexadecimal number that we can count to.
    ChunkSize,
    /// A chunk is not followed by CRLF.
    ChunkEnd,
    /// The chunk extensions of a request are longer than we are ready to skip.
    ChunkExtension,
    /// The peer ended its side in the middle of a request.
    Incomplete,
    /// The request line is too long.
    RequestLineTooLong,
    /// A field line is too long.
    FieldTooLong,
    /// The head, or the trailer section, is too long.
    HeadTooLong,
    /// Too many fields.
    TooManyFields,
    /// The content is too long.
    ContentTooLong,
    /// Expect says something else than `100-continue`.
    Expectation,
    /// A method that no route can have.
    Method,
    /// A version that is neither 1.0 nor 1.1.
    Version,
    /// The head did not arrive in time.
    HeadTimeout,
    /// The content did not arrive in time.
    BodyTimeout,
    /// The handler did not answer in time.
    HandlerTimeout,
}

impl Reject {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        self.describe().0
    }

    /// What the peer is told.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.describe().1
    }

    /// Whether it is still known where the next request begins, so that the connection can go on.
    #[must_use]
    pub fn keeps_framing(self) -> bool {
        matches!(self, Reject::Method | Reject::HandlerTimeout)
    }

    fn describe(self) -> (u16, &'static str) {
        match self {
            Reject::RequestLine => (400, "the request line is not `method target version`"),
            Reject::LeadingLines => (400, "too many empty lines before the request line"),
            Reject::BareLf => (400, "a line ends in LF without CR"),
            Reject::BareCr => (400, "a CR is not followed by LF"),
            Reject::FoldedLine => (400, "a field line begins with a blank"),
            Reject::FieldName => (400, "a field name is no token followed by a colon"),
            Reject::FieldValue => (400, "a field value holds a control character"),
            Reject::Target => (400, "the request target is invalid"),
            Reject::HostMissing => (400, "the Host field is missing"),
            Reject::HostRepeated => (400, "the Host field is repeated"),
            Reject::HostInvalid => (400, "the host is not `host` or `host:port`"),
            Reject::ContentLength => (400, "Content-Length is not a decimal number"),
            Reject::ContentLengthRepeated => (400, "Content-Length is repeated"),
            Reject::TwoFramings => (400, "both Content-Length and Transfer-Encoding"),
            Reject::TransferEncoding => (400, "Transfer-Encoding is not `chunked`"),
            Reject::TransferEncodingVersion => (400, "Transfer-Encoding needs HTTP/1.1"),
            Reject::TransferCoding => (501, "Transfer-Encoding has a coding besides `chunked`"),
            Reject::ChunkSize => (400, "a chunk size is not a hexadecimal number"),
            Reject::ChunkEnd => (400, "a chunk is not followed by CRLF"),
            Reject::ChunkExtension => (400, "the chunk extensions are too long or invalid"),
            Reject::Incomplete => (400, "the request ends early"),
            Reject::RequestLineTooLong => (414, "the request line is too long"),
            Reject::FieldTooLong => (431, "a field line is too long"),
            Reject::HeadTooLong => (431, "the header or trailer section is too long"),
            Reject::TooManyFields => (431, "too many header or trailer fields"),
            Reject::ContentTooLong => (413, "the content is too long"),
            Reject::Expectation => (417, "the only expectation known here is `100-continue`"),
            Reject::Method => (501, "the method is not known here"),
            Reject::Version => (505, "the HTTP version is neither 1.0 nor 1.1"),
            Reject::HeadTimeout => (408, "the head of the request did not arrive in time"),
            Reject::BodyTimeout => (408, "the content of the request did not arrive in time"),
            Reject::HandlerTimeout => (503, "the answer was not ready in time"),
        }
    }
}
