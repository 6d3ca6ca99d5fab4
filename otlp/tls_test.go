package otlp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/otlp"
)

// authority signs certificates for one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority returns an authority and the file of its certificate.
func newAuthority(t *testing.T) (a *authority, file string) {
	t.Helper()
	a = &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(crand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a, file
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign returns a certificate and its key in PEM.
func (a *authority) sign(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	k := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"collector.test"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(crand.Reader, template, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

func writeFile(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// withTLS has a receiver speak TLS with a certificate of the authority. If clients is
// true it asks for one of the client's.
func withTLS(t *testing.T, a *authority, clients bool) func(*httptest.Server) {
	return func(s *httptest.Server) {
		cert, err := tls.X509KeyPair(a.sign(t, "receiver"))
		if err != nil {
			t.Fatal(err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
		if clients {
			s.TLS.ClientAuth = tls.RequireAndVerifyClientCert
			s.TLS.ClientCAs = x509.NewCertPool()
			s.TLS.ClientCAs.AddCert(a.cert)
		}
		s.EnableHTTP2 = true
		s.StartTLS()
	}
}

// TestTLS: the certificate comes from a variable or an option; without, the receiver
// is not trusted.
func TestTLS(t *testing.T) {
	a, caFile := newAuthority(t)
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		rec := newReceiver(t, nil, withTLS(t, a, false))
		pool := x509.NewCertPool()
		pool.AddCert(a.cert)
		export := func(opts ...otlp.Option) error {
			e := newExporter(t, append(opts, protocol, otlp.WithEndpointURL(rec.URL), once())...)
			return e.Export(t.Context(), textRecords(t, "x"))
		}
		setEnvironment(t, nil)
		if err := export(otlp.WithTLSClientConfig(&tls.Config{RootCAs: pool})); err != nil {
			t.Errorf("with an option: %v", err)
		}
		if err := export(); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("without: %v", err)
		}
		setEnvironment(t, map[string]string{"CERTIFICATE": caFile})
		if err := export(); err != nil {
			t.Errorf("with a variable: %v", err)
		}
		for _, r := range rec.received() {
			if r.ProtoMajor != 2 {
				t.Errorf("over %s, want HTTP/2", r.Proto)
			}
		}
	})
}

// TestClientCertificateIsRenewed: a new pair is used by the next connection. A
// certificate without its key, half a file, or none, leave the last good pair in use.
func TestClientCertificateIsRenewed(t *testing.T) {
	a, caFile := newAuthority(t)
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		reports := handleErrors(t)
		rec := newReceiver(t, nil, withTLS(t, a, true))
		dir := t.TempDir()
		certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		cert, key := a.sign(t, "first")
		writeFile(t, certFile, cert)
		writeFile(t, keyFile, key)
		setEnvironment(t, map[string]string{"CERTIFICATE": caFile, "CLIENT_CERTIFICATE": certFile, "LOGS_CLIENT_KEY": keyFile})
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL), once())

		cert2, key2 := a.sign(t, "second")
		for i, step := range []struct {
			change func()
			want   string
			report bool
		}{
			{func() {}, "first", false},
			{func() { writeFile(t, certFile, cert2) }, "first", true}, // the key is still the first's
			{func() { writeFile(t, keyFile, key2) }, "second", false},
			{func() { writeFile(t, certFile, cert[:100]) }, "second", true},
			{func() { _ = os.Remove(certFile) }, "second", true},
			{func() { writeFile(t, certFile, cert); writeFile(t, keyFile, key) }, "first", false},
		} {
			step.change()
			rec.CloseClientConnections() // the next export makes a handshake
			for range 2 {
				if err := e.Export(t.Context(), textRecords(t, "x")); err != nil {
					// The connection was closed while it was taken for the export.
					if err = e.Export(t.Context(), textRecords(t, "x")); err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
				}
			}
			requests := rec.received()
			if got := requests[len(requests)-1].TLS.PeerCertificates[0].Subject.CommonName; got != step.want {
				t.Errorf("step %d: the client's certificate is %q, want %q", i, got, step.want)
			}
			if step.report {
				if err := <-reports; !strings.Contains(err.Error(), certFile) {
					t.Errorf("step %d: reported %v", i, err)
				}
			}
		}
	})
}
