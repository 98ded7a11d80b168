//! actix-web with one worker.

use actix_web::{App, HttpResponse, HttpServer, web};

async fn ping() -> HttpResponse {
    HttpResponse::Ok().json(micro_peers::PONG)
}

async fn item(_: web::Path<u64>) -> HttpResponse {
    HttpResponse::Ok().json(micro_peers::PONG)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| {
        let mut app = App::new()
            .route("/test/ping", web::get().to(ping))
            .route("/item/{id}", web::get().to(item));
        for n in 0..micro_peers::routes() {
            app = app.route(&format!("/service/{n}/status"), web::get().to(ping));
        }
        app
    })
    .workers(1)
    .bind(("127.0.0.1", micro_peers::port()))?
    .run()
    .await
}
