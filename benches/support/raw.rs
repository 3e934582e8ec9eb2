//! gRPC calls with undecoded messages, so that one program can call providers of any protocol
//! version.

use prost::bytes::{Buf as _, BufMut as _, Bytes};
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

/// Sends an empty message. Returns the response message.
pub(crate) async fn call(channel: &Channel, path: &'static str) -> Result<Bytes, Status> {
    // Terraform accepts schemas of any size.
    let mut client = Grpc::new(channel.clone()).max_decoding_message_size(usize::MAX);
    client.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
    let request = tonic::Request::new(Vec::new());
    Ok(client.unary(request, PathAndQuery::from_static(path), Raw).await?.into_inner())
}

/// Codec that does not decode messages, for clients and servers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
