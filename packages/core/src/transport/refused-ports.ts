/**
 * Ports of services that must not receive webhooks. Some of these services read a request line by line as commands, and
 * others obey any HTTP request, often without a password. Ports on which people serve webhooks are not in the list,
 * although some of these services use them too (4001, 5005, 8000, 8001, 8080, 8088, 9000). Ports from 32768 on are not
 * in it either, because systems assign them at random. The documentation uses the same names.
 */
export const refusedPorts: Readonly<Record<string, readonly number[]>> = {
  // Browsers block these ports too (Fetch standard, port blocking). They also block tcpmux (1) and discard (9), to
  // which a request does nothing.
  'mail, news and chat': [
    25, 109, 110, 119, 143, 465, 563, 587, 601, 993, 995, 2525, 4190, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  ],
  'remote shells and desktops': [22, 23, 512, 513, 514, 3389, 5900, 5901, 5985, 5986, 6000],
  'file transfer and sharing': [20, 21, 69, 115, 137, 139, 445, 548, 873, 989, 990, 2049, 4045, 10080],
  'names, directories and time': [37, 42, 43, 53, 79, 123, 135, 389, 427, 636, 3268, 3269, 3659],
  'other old protocols': [
    7, 11, 13, 15, 17, 19, 77, 87, 95, 101, 102, 103, 104, 111, 113, 117, 161, 179, 515, 526, 530, 531, 532, 540, 554,
    556, 1719, 1720, 1723, 5060, 5061, 6566,
  ],
  // SQL Server, Oracle, MySQL, PostgreSQL, CouchDB, Redis, Neo4j, InfluxDB, ArangoDB, Cassandra, Elasticsearch,
  // memcached, Redis Sentinel, MongoDB, RethinkDB.
  'databases and caches': [
    1433, 1434, 1521, 3306, 5432, 5984, 6379, 7474, 7687, 8086, 8529, 9042, 9160, 9200, 9300, 11211, 26379, 27017,
    27018, 27019, 28015,
  ],
  // MQTT, ZooKeeper, NATS, Erlang, AMQP, Kafka, RabbitMQ.
  queues: [1883, 2181, 4222, 4369, 5671, 5672, 8883, 9092, 15672, 25672],
  // Java RMI, Caddy, Docker, etcd, Nomad, Kubernetes, AJP, Consul, the inspector of Node, Envoy, kubelet, Istio.
  'management of machines and clusters': [
    1099, 2019, 2375, 2376, 2377, 2379, 2380, 4646, 4647, 4648, 6443, 8009, 8300, 8301, 8302, 8500, 8501, 8502, 8503,
    8600, 9229, 9901, 10248, 10249, 10250, 10255, 10256, 10257, 10259, 15000,
  ],
};

const all: ReadonlySet<number> = new Set(Object.values(refusedPorts).flat());

export function isRefusedPort(port: number): boolean {
  return all.has(port);
}
