// A process that was started with NODE_EXTRA_CA_CERTS. It runs the built package.
const { connect } = require('node:tls');
const { TlsTrust } = require('../../dist/transport/tls-trust');

const [port, authorities] = process.argv.slice(2);
const secureContext = new TlsTrust(JSON.parse(authorities)).contextOf(null);
const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'dest.example', secureContext });
socket.on('secureConnect', () => {
  console.log('trusted');
  process.exit();
});
socket.on('error', (error) => {
  console.log(error.code);
  process.exit();
});
