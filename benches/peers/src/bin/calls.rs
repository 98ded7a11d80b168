//! hyper on one thread: `/call` asks a backend with the client of hyper-util, which keeps its
//! connections, and passes the answer on. Usage: `calls PORT BACKEND_PORT`.

use std::error::Error;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

type Asking = Client<HttpConnector, Empty<Bytes>>;

async fn answer(
    request: Request<Incoming>,
    client: Asking,
    backend: String,
) -> Result<Response<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
    let pong = Bytes::from_static(br#"{"ping":"pong"}"#);
    let content = match request.uri().path() {
        "/call" => {
            let answer = client.get(backend.parse()?).await?;
            answer.into_body().collect().await?.to_bytes()
        }
        "/test/ping" => pong,
        _ => return Ok(Response::builder().status(404).body(Full::default())?),
    };
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Full::new(content))?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", micro_peers::port())).await.unwrap();
    let backend = format!("http://127.0.0.1:{}/test/ping", micro_peers::routes());
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Asking = Client::builder(TokioExecutor::new()).build(connector);
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (client, backend) = (client.clone(), backend.clone());
                tokio::task::spawn_local(async move {
                    let serve = service_fn(|request| answer(request, client.clone(), backend.clone()));
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), serve);
                    let _ = connection.await;
                });
            }
        })
        .await;
}
