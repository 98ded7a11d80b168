//! axum on one thread.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut router = Router::new()
        .route("/test/ping", get(|| async { Json(micro_peers::PONG) }))
        .route("/item/{id}", get(|Path(_): Path<u64>| async { Json(micro_peers::PONG) }));
    for n in 0..micro_peers::routes() {
        router = router.route(&format!("/service/{n}/status"), get(|| async { Json(micro_peers::PONG) }));
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", micro_peers::port())).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}
